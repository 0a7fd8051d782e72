"""Trajectories and temperatures against ASE and against what statistical mechanics says."""

import ase.io
import numpy as np
from ase import Atoms, units
from ase.calculators.lj import LennardJones
from ase.constraints import FixAtoms
from ase.md.verlet import VelocityVerlet
from harness import *

U = units.create_units("2018")
BASE = {"system.structure": "in.xyz", "output.directory": "out", "output.trajectory": "extxyz",
        "output.velocities": "yes", "output.forces": "yes", "run.device": DEVICE, "run.threads": 1}


def moving(frame, temperature=30.0, seed=3):
    """ASE's atoms of a frame with random momenta."""
    symbols, x, box = frame
    atoms = Atoms(symbols, x, cell=[box] * 3 if box else None, pbc=bool(box))
    width = np.sqrt(atoms.get_masses() * U["kB"] * temperature)
    p = np.random.default_rng(seed).normal(size=(len(x), 3)) * width[:, None]
    atoms.set_momenta(p - p.mean(0))
    return atoms


def save(path, atoms):
    """Extended XYZ with 17 digits."""
    with open(path, "w") as file:
        cell = ""
        if atoms.pbc.any():
            cell = 'Lattice="' + " ".join(f"{v:.17g}" for v in atoms.cell.array.ravel()) + '" '
        file.write(f"{len(atoms)}\n{cell}Properties=species:S:1:pos:R:3:momenta:R:3\n")
        for s, x, p in zip(atoms.symbols, atoms.positions, atoms.get_momenta()):
            file.write(f"{s} " + " ".join(f"{v:.17g}" for v in (*x, *p)) + "\n")


def against_ase(frame, steps=200):
    atoms = moving(frame)
    save("in.xyz", atoms)
    ini("a.ini", BASE, LJ, NVE, integrator__steps=steps, output__every=20, output__overwrite="yes",
        system__remove_drift="no")
    ok("run", "a.ini")
    frames = ase.io.read("out/trajectory.xyz", ":")
    other = atoms.copy()
    other.calc = LennardJones(epsilon=0.0104, sigma=3.4, rc=8.5)
    dynamics = VelocityVerlet(other, timestep=2 * U["fs"])
    worst = 0
    for k, mine in enumerate(frames):
        expect(mine.info["step"] == 20 * k)
        worst = max(worst, np.abs(mine.positions - other.positions).max())
        expect(abs(mine.get_potential_energy() - other.get_potential_energy()) < 1e-9, "energy at", k)
        dynamics.run(20)
    expect(np.abs(frames[-1].positions - frames[0].positions).max() > 0.1, "nothing moved")
    expect(worst < 1e-8, "farthest from ASE:", worst, "A")
    print(f"        {worst:.1e} A from ASE after {steps} steps")


def test_velocity_verlet_follows_ase():
    against_ase(argon(2, periodic=False, vacancies=2))
    against_ase(argon(2, spacing=5.4))


def test_temperatures_count_the_degrees_of_freedom():
    linear = (["Ar", "Ar"], [[0, 0, 0], [3.8, 0, 0]], None)
    single = (["Ar"], [[1, 1, 1]], None)
    cases = [(argon(1, periodic=False), 3, 3), (argon(2, spacing=5.4), 3, 0), (linear, 3, 2), (single, 3, 0)]
    for frame, linear_lost, angular_lost in cases:
        xyz("in.xyz", frame)
        n = len(frame[1])
        for method, drift, lost in (("velocity_verlet", "yes", linear_lost + angular_lost),
                                    ("velocity_verlet", "no", 0), ("langevin", "yes", 0)):
            if method != "velocity_verlet" and n > 2:
                continue
            ini("a.ini", BASE, LJ, NVT, integrator__method=method, system__remove_drift=drift,
                integrator__temperature="50 K", integrator__steps=20, output__every=10,
                output__log_every=10, output__overwrite="yes")
            ok("run", "a.ini")
            for row, atoms in zip(read_log("out"), ase.io.read("out/trajectory.xyz", ":")):
                freedom = 3 * n - lost
                kinetic = (atoms.get_momenta()**2 / (2 * atoms.get_masses()[:, None])).sum()
                wanted = 2 * kinetic / (freedom * U["kB"]) if freedom else 0
                expect(abs(float(row["temperature_K"]) - wanted) < 1e-3 + 1e-5 * wanted,
                       n, method, drift, row["temperature_K"], wanted)
            if drift == "yes" and method == "velocity_verlet":
                atoms = ase.io.read("out/trajectory.xyz", 0)
                expect(np.abs(atoms.get_momenta().sum(0)).max() < 1e-10)
                if angular_lost:
                    expect(np.abs(atoms.get_angular_momentum()).max() < 1e-8)


def test_langevin_draws_kinetic_energies_of_the_canonical_distribution():
    frame = argon(1, periodic=False)
    xyz("in.xyz", frame)
    ini("a.ini", BASE, NVT, HARMONIC, system__replicas=256, integrator__steps=2000,
        integrator__friction="50 /ps", output__trajectory="none", output__log_every=50,
        safety__max_temperature="off")  # the start is far from the minimum
    ok("run", "a.ini")
    rows = [r for r in read_log("out") if int(r["step"]) >= 200]
    x = np.array([2 * float(r["kinetic_eV"]) / (U["kB"] * 300) for r in rows])  # chi^2 of 12
    n = len(x)
    # BAOAB with a friction and a step this small: an error of the time step of 1e-3 at most.
    expect(abs(x.mean() / 12 - 1) < 5 * np.sqrt(2 / 12 / n) + 3e-3, x.mean(), n)
    expect(abs(x.var() / 24 - 1) < 0.06, x.var())
    above = (x > 18.549).mean()  # one in ten of chi^2 of 12
    expect(abs(above - 0.1) < 0.012, above)


def test_harmonic_positions_have_their_exact_variance():
    """BAOAB samples the positions of a harmonic oscillator exactly at any stable time step."""
    mass, k, temperature = 39.948, 2.0, 300.0
    n, width = 15**3, np.sqrt(12 * U["kB"] * temperature / k)
    x = width * (np.indices((15, 15, 15)).reshape(3, -1).T / 14 - 0.5)  # about the right variance
    xyz("in.xyz", (["Ar"] * n, x, None))
    omega = np.sqrt(k / mass) * U["fs"]  # 1/fs, as ASE's unit of time is sqrt(u A^2/eV)
    step = 0.5 / omega
    ini("a.ini", BASE, HARMONIC, NVT, integrator__time_step=f"{step:.6f} fs", integrator__steps=2000,
        integrator__friction=f"{0.5 * omega * 1e3:.6f} /ps", output__trajectory="none",
        output__log_every=5, safety__max_temperature="100000 K")
    ok("run", "a.ini")
    energies = np.array([float(r["potential_eV"]) for r in read_log("out")])[10:]
    variance = 2 * energies.mean() / k / (3 * n)
    expect(abs(variance / (U["kB"] * temperature / k) - 1) < 0.01, variance, U["kB"] * temperature / k)


def correlation(a, b):
    return (a * b).mean() / np.sqrt((a * a).mean() * (b * b).mean())


def test_stages_have_random_numbers_of_their_own():
    """Velocities of the same atoms at the same steps of three stages, frame by frame."""
    xyz("in.xyz", (["Ar"], [[0.0, 0, 0]], None))
    keys = {**BASE, **HARMONIC, **NVT, "system.replicas": 60, "integrator.steps": 2000,
            "integrator.friction": "50 /ps", "output.layout": "packed", "output.every": 40,
            "safety.max_temperature": "off"}
    ini("1.ini", keys, output__directory="1")
    for name in "23":
        ini(f"{name}.ini", keys, output__directory=name, system__structure=None,
            system__replicas=None)
    ok("run", "1.ini", "2.ini", "3.ini")

    def velocities(folder):
        return np.array([f.get_velocities() for f in ase.io.read(f"{folder}/trajectory.xyz", "60:")])

    v = {name: velocities(name) for name in "123"}
    n = v["1"].size  # velocities of one atom are hardly related after 80 fs at 50 /ps
    for a, b in ("12", "13", "23"):
        expect(abs(correlation(v[a], v[b])) < 5 / np.sqrt(n), a, b, correlation(v[a], v[b]))
    # Alone, a stage repeats what it did among the others; the first is as without stages.
    for name in "12":
        ok("run", f"{name}/input.ini", f"--output.directory=again{name}")
        expect((velocities(f"again{name}") == v[name]).all(), "stage", name, "alone differs")
    expect(json_of("3/summary.json")["stage"] == 3)
    done = call("run", "1/input.ini", "1/input.ini", "--1.output.directory=x", "--2.output.directory=y")
    expect(done.returncode == 2 and "integrator.stage" in done.stderr, done.stderr)
    # Velocities that are drawn again are others.
    ini("4.ini", keys, output__directory="4", system__structure=None, system__replicas=None,
        system__velocities="maxwell", integrator__steps=20)
    ok("run", "1.ini", "4.ini", "--output.overwrite=yes")
    first = [np.array([f.get_velocities() for f in ase.io.read(f"{name}/trajectory.xyz", ":60")])
             for name in "14"]
    expect(abs(correlation(*first)) < 5 / np.sqrt(180), correlation(*first))


def test_energy_fluctuates_with_the_square_of_the_time_step():
    save("in.xyz", moving(argon(2, periodic=False), temperature=20))
    spread = []
    for step in (8, 4, 2):
        ini("a.ini", BASE, {**LJ, "potential.cutoff": "30 A"}, NVE, integrator__time_step=f"{step} fs",
            integrator__time="2 ps", output__log_every=f"{step} fs", output__trajectory="none",
            output__overwrite="yes")
        ok("run", "a.ini")
        spread.append(np.std([float(r["total_eV"]) for r in read_log("out")]))
    for a, b in zip(spread, spread[1:]):
        expect(3.3 < a / b < 4.8, "spread of the energy", spread)


def said(done):
    return [line for line in done.stderr.splitlines() if "total energy" in line]


def test_an_energy_that_jumps_is_said():
    """Without a shift the energy of a pair jumps where it crosses the cutoff: by U(4.2 A) = -0.0405 eV."""
    jump = 4 * 0.05 * ((3.4 / 4.2)**12 - (3.4 / 4.2)**6)
    with open("in.xyz", "w") as file:
        for speed in (0.001, 0.006):  # A/fs: one stays where it is, the other leaves
            file.write("2\nProperties=species:S:1:pos:R:3:velocities:R:3\n"
                       f"Ar 0 0 0 {-speed} 0 0\nAr 3.9 0 0 {speed} 0 0\n")
    keys = {**BASE, **LJ, **NVE, "potential.epsilon": "0.05 eV", "potential.cutoff": "4.2 A",
            "potential.shift": "no", "output.trajectory": "none", "output.log_every": 1,
            "integrator.time_step": "0.5 fs", "integrator.steps": 400}
    ini("a.ini", keys)
    done = ok("run", "a.ini")
    rows = [r for r in read_log("out") if r["replica"] == "1"]
    leaves = next(int(r["step"]) for r in rows if float(r["potential_eV"]) == 0)
    found = json_of("out/summary.json")["energy_not_conserved"]
    expect(len(found) == 1 and found[0]["replica"] == 1, found)
    expect(leaves <= found[0]["step"] <= leaves + 20, leaves, found)
    expect(abs(found[0]["change_eV"] + jump) < found[0]["fluctuation_eV"] < 0.02, jump, found)
    expect(len(said(done)) == 1 and "replica 1 (in-1)" in said(done)[0], done.stderr)
    expect(f"step {found[0]['step']}" in said(done)[0] and "jumped up" in said(done)[0], done.stderr)
    # Stopped before and continued, it is said as well, and once.
    ok("run", "a.ini", f"--integrator.steps={leaves - 5}", "--output.overwrite=yes")
    expect(len(said(ok("restart", "out", f"--integrator.steps={leaves + 30}"))) == 1)
    expect(len(said(ok("restart", "out", "--integrator.steps=400"))) == 0)
    expect(json_of("out/summary.json")["energy_not_conserved"] == found)


def test_an_energy_that_drifts_is_said():
    """Many small jumps at a plain cutoff."""
    save("in.xyz", moving(argon(3, spacing=5.6), temperature=150))
    ini("a.ini", {**BASE, **LJ, **NVE, "potential.cutoff": "4.5 A", "potential.shift": "no",
                  "output.trajectory": "none", "integrator.time": "10 ps"})
    done = ok("run", "a.ini")
    expect(len(said(done)) == 1, done.stderr)


def test_a_conserved_energy_is_not_blamed():
    """From a crystal, from rest far from the minimum, of two atoms that collide, at time steps up to long ones."""
    symbols, x, _ = argon(2, periodic=False)
    keys = {**BASE, **NVE, "output.trajectory": "none", "integrator.time": "20 ps"}
    for step in (1, 5, 15):
        save("in.xyz", moving(argon(2, spacing=5.4), temperature=60))
        ini("a.ini", {**keys, **LJ, "potential.cutoff": "5.4 A"}, integrator__time_step=f"{step} fs",
            output__directory=f"crystal{step}")
        expect(not said(ok("run", "a.ini")), "crystal", step)
        xyz("in.xyz", (symbols, x * 0.93, None), (symbols, x * 1.1, None))
        ini("a.ini", {**keys, **LJ, "potential.cutoff": "30 A"}, integrator__time_step=f"{step} fs",
            output__directory=f"rest{step}")
        expect(not said(ok("run", "a.ini")), "rest", step)
        with open("in.xyz", "w") as file:
            for speed in (0.001, 0.003, 0.01):
                file.write("2\nProperties=species:S:1:pos:R:3:velocities:R:3\n"
                           f"Ar 0 0 0 {speed} 0 0\nAr 15 1 0 {-speed} 0 0\n")
        ini("a.ini", {**keys, **LJ, "potential.cutoff": "30 A"}, integrator__time_step=f"{step} fs",
            output__directory=f"collide{step}", system__remove_drift="no")
        expect(not said(ok("run", "a.ini")), "collision", step)
        xyz("in.xyz", (symbols, x, None))
        ini("a.ini", {**keys, **HARMONIC}, integrator__time_step=f"{step} fs",
            output__directory=f"harmonic{step}", safety__max_temperature="off")
        expect(not said(ok("run", "a.ini")), "harmonic", step)


def test_time_can_be_turned_round():
    start_atoms = moving(argon(2, periodic=False))
    save("in.xyz", start_atoms)
    ini("a.ini", BASE, LJ, NVE, integrator__steps=300, output__every=300, output__overwrite="yes",
        system__remove_drift="no")
    ok("run", "a.ini")
    end = ase.io.read("out/trajectory.xyz", "-1")
    expect(np.abs(end.positions - start_atoms.positions).max() > 0.1, "nothing moved")
    end.set_momenta(-end.get_momenta())
    save("in.xyz", end)
    ok("run", "a.ini")
    back = ase.io.read("out/trajectory.xyz", "-1")
    expect(np.abs(back.positions - start_atoms.positions).max() < 1e-8)
    expect(np.abs(back.get_momenta() + start_atoms.get_momenta()).max() < 1e-7)


def test_momentum_is_kept():
    xyz("in.xyz", argon(2, spacing=5.4))
    ini("a.ini", BASE, LJ, NVE, integrator__temperature="200 K", integrator__steps=500, output__every=500)
    ok("run", "a.ini")
    end = ase.io.read("out/trajectory.xyz", "-1")
    expect(np.abs(end.get_momenta().sum(0)).max() < 1e-9, end.get_momenta().sum(0))


def test_masses_and_held_atoms_of_a_file_are_used():
    symbols, x, _ = argon(1, periodic=False)
    atoms = Atoms(symbols, x)
    atoms.set_masses([40, 40, 20, 80])
    atoms.set_momenta(np.random.default_rng(1).normal(size=(4, 3)) * 0.3)
    atoms.set_constraint(FixAtoms([0]))
    ase.io.write("in.xyz", atoms, columns=["symbols", "positions", "momenta", "masses", "move_mask"])
    atoms = ase.io.read("in.xyz")
    expect(len(atoms.constraints) == 1 and atoms.get_masses()[3] == 80, "ASE's own file")
    ini("a.ini", BASE, LJ, NVE, integrator__steps=200, output__every=200, checkpoint__every="100 steps")
    ok("run", "a.ini")
    atoms.calc = LennardJones(epsilon=0.0104, sigma=3.4, rc=8.5)
    VelocityVerlet(atoms, timestep=2 * U["fs"]).run(200)
    first, end = ase.io.read("out/trajectory.xyz", ":")
    expect(np.abs(end.positions - atoms.positions).max() < 1e-8, end.positions - atoms.positions)
    expect(np.abs(end.positions[0] - first.positions[0]).max() == 0, "a held atom has moved")
    expect(list(end.get_masses()) == [40, 40, 20, 80], end.get_masses())
    replica = json_of("out/summary.json")["replicas"][0]
    expect(replica["masses_u"] == [40, 40, 20, 80] and replica["fixed_atoms"] == 1, replica)
    row = read_log("out")[-1]
    kinetic = end.get_kinetic_energy()
    expect(abs(float(row["temperature_K"]) / (2 * kinetic / (9 * U["kB"])) - 1) < 1e-6, row)

    # A restart goes on with both.
    ini("b.ini", BASE, LJ, NVE, integrator__steps=90, output__every=90, output__directory="parts")
    ok("run", "b.ini")
    ok("restart", "parts", "--integrator.steps=200")
    expect(json_of("parts/summary.json")["replicas"][0]["masses_u"] == [40, 40, 20, 80], "restart")
    expect(json_of("parts/summary.json")["replicas"][0]["fixed_atoms"] == 1, "restart")
    expect(read_log("parts")[-1]["total_eV"] == row["total_eV"], "restart")

    # By hand, instead of what the file says.
    ini("c.ini", BASE, LJ, NVT, integrator__steps=20, output__every=20, output__directory="hand",
        system__fixed="2-3, 4", integrator__temperature="40 K")
    ok("run", "c.ini")
    first, end = ase.io.read("hand/trajectory.xyz", ":")
    moved = np.abs(end.positions - first.positions).max(1)
    expect(moved[0] > 0 and (moved[1:] == 0).all(), moved)
    ok("run", "c.ini", "--system.fixed=1-4", "--output.directory=all")
    expect(float(read_log("all")[-1]["temperature_K"]) == 0, read_log("all")[-1])
    done = ok("run", "c.ini", "--system.fixed=2-5", "--output.directory=other", code=2)
    expect("names atom 5" in done.stderr, done.stderr)


def test_hydrogen_mass_charge_and_hot_starts():
    open("in.xyz", "w").write("3\nProperties=species:S:1:pos:R:3 charge=1 spin=2\n"
                              "O 0 0 0.1173\nD 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n")
    ini("a.ini", BASE, HARMONIC, NVE, integrator__steps=2, output__every=1)
    done = ok("run", "a.ini", code=2)
    expect("charge 1" in done.stderr and "potential.ignore_charge" in done.stderr, done.stderr)
    ok("run", "a.ini", "--potential.ignore_charge=yes")
    masses = json_of("out/summary.json")["replicas"][0]["masses_u"]
    expect(np.allclose(masses, [15.999, 2.01410178, 1.008], atol=1e-6), masses)
    ok("run", "a.ini", "--potential.ignore_charge=yes", "--system.hydrogen_mass=3 u",
       "--output.directory=heavy")
    masses = json_of("heavy/summary.json")["replicas"][0]["masses_u"]
    expect(masses[1:] == [3, 3] and abs(sum(masses) - 19.02110178) < 1e-6, masses)
    open("in.xyz", "w").write("2\nProperties=species:S:1:pos:R:3:vel:R:3\n"
                              "O 0 0 0 11 -9 14\nO 0 0 1.2 -11 9 -14\n")
    done = ok("run", "a.ini", "--output.directory=hot", code=2)
    expect("taken as A/fs" in done.stderr, done.stderr)


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
