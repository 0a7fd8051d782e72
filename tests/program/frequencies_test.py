"""frequencies against exact results and ASE's Vibrations, IdealGasThermo and HarmonicThermo."""

import ase
import ase.io
import ase.units
import numpy as np
from ase.calculators.lj import LennardJones
from ase.thermochemistry import HarmonicThermo, IdealGasThermo
from ase.vibrations import Vibrations, VibrationsData
from harness import *

OPTIONS = [f"--{k}={v}" for k, v in LJ.items()] + [f"--run.device={DEVICE}"]
NETWORK = ["--potential.name=painn", f"--potential.model={STUDENT}", "--potential.precision=float64",
           f"--run.device={DEVICE}"]
EPSILON, SIGMA, CUTOFF = 0.0104, 3.4, 8.5


def frequencies(*options, source="in.xyz"):
    done = ok("frequencies", f"--system.structure={source}", "--output.file=out.json",
              "--output.overwrite=yes", *options)
    return json_of("out.json"), done


def rest(*options, tolerance):
    ok("minimize", "--system.structure=in.xyz", "--output.file=rest.xyz", "--output.overwrite=yes",
       f"--minimize.force_tolerance={tolerance}", "--minimize.steps=2000", *options)
    return ase.io.read("rest.xyz", ":")


def test_exact_results():
    xyz("in.xyz", (["Ar", "H"], [[0, 0, 0], [0, 0, 0.5]], None))
    (result,), _ = frequencies("--potential.name=harmonic", "--potential.stiffness=2")
    omega = np.sqrt(2 / np.array([39.948] * 3 + [1.008] * 3)) / ase.units.invcm * ase.units._hbar * \
        ase.units.J * np.sqrt(ase.units._e / ase.units._amu) * 1e10
    expect(np.allclose(result["wavenumbers_cm1"], omega, rtol=1e-5), result, omega)
    # A dimer of Lennard-Jones: k = 72 epsilon / (2^(1/3) sigma^2).
    xyz("in.xyz", (["Ar", "Ar"], [[0, 0, 0], [0, 2**(1 / 6) * SIGMA, 0]], None), (["Ar"], [[0, 0, 0]], None))
    (pair, atom), done = frequencies(*OPTIONS, "--potential.shift=no", "--frequencies.displacement=0.001")
    k = 72 * EPSILON / (2**(1 / 3) * SIGMA**2)
    exact = np.sqrt(k / (39.948 / 2)) * np.sqrt(ase.units._e / ase.units._amu) * 1e10 / \
        (2 * np.pi * ase.units._c * 100)
    expect(len(pair["wavenumbers_cm1"]) == 1 and abs(pair["wavenumbers_cm1"][0] - exact) < 1e-3, pair, exact)
    expect(atom["wavenumbers_cm1"] == [] and atom["zero_point_eV"] == 0 and not done.stderr, atom)
    expect([pair["frame"], atom["frame"]] == [0, 1] and pair["source"].endswith("in.xyz"), pair)


def test_a_cluster_against_ase():
    xyz("in.xyz", argon(2, spacing=5.2, periodic=False, seed=1, vacancies=20), argon(2, seed=2))
    cluster, crystal = rest(*OPTIONS, tolerance=1e-6)
    results, done = frequencies(*OPTIONS, source="rest.xyz")
    for atoms, result, lost in ((cluster, results[0], 6), (crystal, results[1], 3)):
        atoms.calc = LennardJones(epsilon=EPSILON, sigma=SIGMA, rc=CUTOFF)
        vibrations = Vibrations(atoms, name=f"vib{lost}", delta=0.01)
        vibrations.run()
        theirs = np.sort(vibrations.get_frequencies().real)[lost:]
        ours = np.array(result["wavenumbers_cm1"])
        expect(len(ours) == 3 * len(atoms) - lost == len(theirs), len(ours))
        expect(np.abs(ours - theirs).max() < 0.1, ours - theirs)
        expect(abs(result["zero_point_eV"] - 0.5 * theirs.sum() * ase.units.invcm) < 1e-6, result)
    expect(not done.stderr, done.stderr)
    thermo = HarmonicThermo(np.array(results[1]["wavenumbers_cm1"]) * ase.units.invcm,
                            results[1]["energy_eV"])
    theirs = thermo.get_helmholtz_energy(298.15, verbose=False)
    expect(abs(results[1]["thermochemistry"]["helmholtz_eV"] - theirs) < 1e-5, results[1], theirs)


def hessian_by_energy(atoms, delta):
    """ASE's way, all displaced structures in one file for `understudy energy`."""
    moved = []
    for i in range(len(atoms)):
        for k in range(3):
            for sign in (1, -1):
                x = atoms.positions.copy()
                x[i, k] += sign * delta
                moved.append((atoms.get_chemical_symbols(), x, None))
    xyz("moved.xyz", *moved)
    ok("energy", "--system.structure=moved.xyz", "--output.file=moved_out.xyz",
       "--output.overwrite=yes", *NETWORK)
    f = np.array([a.get_forces().ravel() for a in ase.io.read("moved_out.xyz", ":")])
    h = (f[1::2] - f[::2]) / (2 * delta)
    return (h + h.T) / 2


def projected(atoms, hessian, lost):
    """Wavenumbers of the vibrations, and of what is projected out, by linear algebra of numpy."""
    root = np.repeat(atoms.get_masses(), 3)**0.5
    weighted = hessian / root[:, None] / root[None, :]
    x = atoms.positions - atoms.get_center_of_mass()
    rigid = [np.tile(e, len(x)) * root for e in np.eye(3)]
    rigid += [np.cross(e, x).ravel() * root for e in np.eye(3)]
    u, _, _ = np.linalg.svd(np.array(rigid).T)
    q, rest = u[:, :lost], u[:, lost:]
    unit = 1e10 * np.sqrt(ase.units._e / ase.units._amu) / (2 * np.pi * ase.units._c * 100)

    def wavenumbers(m):
        values = np.linalg.eigvalsh(m)
        return np.sign(values) * np.sqrt(np.abs(values)) * unit
    return wavenumbers(rest.T @ weighted @ rest), wavenumbers(q.T @ weighted @ q)


def test_molecules_of_the_student_against_ase():
    frames = ase.io.read(SOURCE / "inputs/distill_molecules/molecules.xyz", ":")
    xyz("in.xyz", *[(a.get_chemical_symbols(), a.positions, None) for a in frames[1:40]])
    molecules = rest(*NETWORK, tolerance=1e-4)
    results, done = frequencies(*NETWORK, "--frequencies.modes=modes.xyz", "--frequencies.images=4",
                                source="rest.xyz")
    images = ase.io.read("modes.xyz", ":")
    at = linear = close = 0
    for atoms, result in zip(molecules, results):
        ours, n = np.array(result["wavenumbers_cm1"]), len(atoms)
        hessian = hessian_by_energy(atoms, 0.01)
        moments = atoms.get_moments_of_inertia()
        straight = n == 2 or moments[0] < 1e-4 * moments[2]
        linear += straight
        lost = 5 if straight else 6
        theirs, rigid = projected(atoms, hessian, lost)
        expect(len(ours) == 3 * n - lost and np.all(np.diff(ours) >= 0), result)
        expect(np.abs(ours - theirs)[np.abs(theirs) > 50].max() < 0.01, result["name"], ours, theirs)
        expect(np.abs(np.array(result["rigid_cm1"]) - rigid).max() < 0.5, result, rigid)
        expect(result["imaginary"] == np.sum(ours < 0), result)
        # ASE itself projects nothing out: where the network has kinks (flat and straight molecules,
        # whose vectors vanish across) translation and rotation mix in.
        all_of_ase = VibrationsData.from_2d(atoms, hessian).get_frequencies()
        theirs = np.sort(np.where(all_of_ase.imag != 0, -all_of_ase.imag, all_of_ase.real))[lost:]
        close += np.abs(ours - theirs)[ours > 50].max() < 0.1
        # The modes: one swing each, along eigenvectors of the Hessian.
        for k in range(len(ours)):
            swing = images[at:at + 4]
            at += 4
            mode = swing[0].arrays["displacement"]
            expect(abs(swing[0].info["wavenumber_cm1"] - ours[k]) < 1e-3 and abs((mode**2).sum() - 1) < 1e-9)
            expect(np.abs(swing[1].positions - atoms.positions - 0.3 * mode /
                          np.linalg.norm(mode, axis=1).max()).max() < 1e-9)
        if result["imaginary"] == 0:
            gas = IdealGasThermo(ours * ase.units.invcm, "linear" if straight else "nonlinear",
                                 result["energy_eV"], atoms, 1, 0)
            g = gas.get_gibbs_energy(298.15, 1e5, verbose=False)
            expect(abs(result["thermochemistry"]["gibbs_eV"] - g) < 1e-5, result, g)
    expect(at == len(images) and linear > 0, at, len(images), linear)
    print(f"{close} of {len(results)} within 0.1 cm^-1 of ASE without projection")
    expect(close >= len(results) / 2, close)


def test_imaginary_modes_and_held_atoms():
    d = 2**(1 / 6) * SIGMA
    # Straight, three atoms are a saddle: the outer ones attract each other.
    xyz("in.xyz", (["Ar"] * 3, [[0, 0, 0], [d, 0, 0], [2 * d, 0, 0]], None))
    rest(*OPTIONS, tolerance=1e-6)
    (row,), done = frequencies(*OPTIONS, source="rest.xyz")
    expect("imaginary" in done.stderr and row["imaginary"] == np.sum(np.array(row["wavenumbers_cm1"]) < 0) > 0,
           done.stderr, row)
    expect(len(row["wavenumbers_cm1"]) == 4, row)
    (held,), _ = frequencies(*OPTIONS, "--system.fixed=1-2")
    expect(len(held["wavenumbers_cm1"]) == 3 and "helmholtz_eV" in held["thermochemistry"], held)
    xyz("in.xyz", (["Ar"] * 2, [[0, 0, 0], [0.9 * d, 0, 0]], None))
    _, done = frequencies(*OPTIONS)
    expect("understudy minimize" in done.stderr, done.stderr)


def test_wrong_input():
    xyz("in.xyz", argon(1, periodic=False))
    before = snapshot(".")
    for option in ("--frequencies.displacement=0", "--frequencies.displacement=3",
                   "--frequencies.symmetry_number=0", "--frequencies.modes=in.xyz",
                   "--frequencies.modes=out.json", "--frequencies.pressure=-1"):
        done = ok("frequencies", "--system.structure=in.xyz", "--output.file=out.json", *OPTIONS, option,
                  code=2)
        expect(len(done.stderr.splitlines()) == 1 and option[2:15] in done.stderr, done.stderr)
    expect(snapshot(".") == before, "something was written")


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
