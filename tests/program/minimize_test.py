"""minimize against ASE's optimisers, and what it keeps of a file."""

import os
import signal

import ase
import ase.io
import numpy as np
from ase.calculators.lj import LennardJones
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS, LBFGS
from harness import *

EPSILON, SIGMA, CUTOFF = 0.0104, 3.4, 8.5
OPTIONS = [f"--{k}={v}" for k, v in LJ.items()] + [f"--run.device={DEVICE}"]
NETWORK = ["--potential.name=painn", f"--potential.model={STUDENT}", "--potential.precision=float64",
           f"--run.device={DEVICE}"]
MOLECULES = SOURCE / "inputs/distill_molecules/molecules.xyz"


def minimize(*options, code=0, source="in.xyz"):
    done = ok("minimize", f"--system.structure={source}", "--output.file=out.xyz",
              "--output.overwrite=yes", *options, code=code)
    return ase.io.read("out.xyz", ":"), done


def lj(atoms):
    atoms.calc = LennardJones(epsilon=EPSILON, sigma=SIGMA, rc=CUTOFF)
    return atoms


def clusters():
    mixed = [argon(2, spacing=5.0 + 0.1 * k, periodic=False, seed=k, vacancies=19 + 2 * k)
             for k in range(6)]
    return mixed + [argon(1, spacing=5.4, seed=9), (["Ar"], [[1, 2, 3]], None)]


def test_lennard_jones_against_ase():
    xyz("in.xyz", *clusters())
    for method in ("lbfgs", "fire"):
        frames, done = minimize(*OPTIONS, f"--minimize.method={method}", "--minimize.steps=3000",
                                "--minimize.force_tolerance=1e-5")
        expect(not done.stderr and len(frames) == len(clusters()), done.stderr)
        for k, (frame, (symbols, x, box)) in enumerate(zip(frames, clusters())):
            ours, forces = frame.get_potential_energy(), frame.get_forces()
            expect(frame.info["converged"] and np.linalg.norm(forces, axis=1).max() <= 1e-5, k)
            expect(np.abs(lj(frame.copy()).get_potential_energy() - ours) < 1e-9, "energy of", k)
            start = lj(ase.Atoms(symbols, x, cell=[box] * 3 if box else None, pbc=bool(box)))
            with BFGS(start, logfile=None) as optimizer:
                expect(optimizer.run(fmax=1e-5, steps=2000), "ASE does not converge", k)
            # The same minimum, or one that is lower.
            expect(ours < start.get_potential_energy() + 1e-7, method, k, ours,
                   start.get_potential_energy())


def lockstep(atoms, tolerance, most):
    """ASE's L-BFGS on all of them side by side, their forces from `understudy energy`: evaluations
    of each, energies at the end."""
    optimizers = [LBFGS(a, logfile=None) for a in atoms]
    count, energies = np.zeros(len(atoms), int), np.full(len(atoms), np.nan)
    active = list(range(len(atoms)))
    for _ in range(most):
        xyz("step.xyz", *[(atoms[k].get_chemical_symbols(), atoms[k].positions, None) for k in active])
        ok("energy", "--system.structure=step.xyz", "--output.file=e.xyz", "--output.overwrite=yes",
           *NETWORK)
        moving = []
        for k, frame in zip(active, ase.io.read("e.xyz", ":")):
            energies[k] = frame.get_potential_energy()
            count[k] += 1
            forces = frame.get_forces()
            if np.linalg.norm(forces, axis=1).max() > tolerance:
                optimizers[k].step(forces)
                moving.append(k)
        active = moving
        if not active:
            break
    expect(not active, "ASE does not converge", active)
    return count, energies


def test_molecules_of_the_student_against_ase():
    source = [a for a in ase.io.read(MOLECULES, ":") if len(a) > 5][::3][:60]
    random = np.random.default_rng(5)
    for atoms in source:
        atoms.calc = None
        atoms.positions += random.normal(0, 0.05, atoms.positions.shape)
    xyz("in.xyz", *[(a.get_chemical_symbols(), a.positions, None) for a in source])
    frames, _ = minimize(*NETWORK, "--minimize.force_tolerance=5e-4")
    ours = np.array([f.get_potential_energy() for f in frames])
    steps = np.array([f.info["minimize_steps"] for f in frames])
    count, theirs = lockstep(source, 5e-4, 1000)
    same = np.sum(ours < theirs + 1e-5)
    print(f"{same} of {len(ours)} as low as ASE's; median evaluations {np.median(steps + 1)}, "
          f"ASE's {np.median(count)}")
    expect(same >= 0.95 * len(ours), "higher than ASE's:", ours - theirs)
    expect(np.median(steps + 1) < np.median(count), "more evaluations than ASE's L-BFGS")


def test_cells_against_ase():
    frames = [argon(1, spacing=5.0, seed=3), argon(1, spacing=5.6, seed=4)]
    xyz("in.xyz", *frames, argon(1, periodic=False))
    for cell in ("isotropic", "full"):
        results, _ = minimize(*OPTIONS, f"--minimize.cell={cell}", "--minimize.force_tolerance=1e-5",
                              "--minimize.stress_tolerance=1e-5")
        expect(not results[2].pbc.any(), "a molecule has a cell")
        for frame, (symbols, x, box) in zip(results, frames):
            stress = frame.get_stress(voigt=False) * 160.21766
            shape = frame.cell.array / np.cbrt(frame.cell.volume)
            if cell == "isotropic":
                expect(np.abs(shape - np.eye(3)).max() < 1e-12, "the shape changed", shape)
                expect(abs(np.trace(stress)) / 3 < 1e-5, stress)
                continue
            expect(np.abs(stress).max() < 1e-5, stress)
            start = lj(ase.Atoms(symbols, x, cell=[box] * 3, pbc=True))
            with BFGS(FrechetCellFilter(start), logfile=None) as optimizer:
                optimizer.run(fmax=1e-6, steps=2000)
            expect(frame.get_potential_energy() < start.get_potential_energy() + 1e-6,
                   frame.get_potential_energy(), start.get_potential_energy())


def test_keys_and_held_atoms_stay():
    with open("in.xyz", "w") as file:
        file.write('3\nProperties=species:S:1:pos:R:3:move_mask:L:1:tags:I:1 name="a b" converged=F '
                   'minimize_steps=9 pbc="F F F"\nAr 0 0 0 F 7\nAr 5 0 0 F 8\nAr 3 3 0 T 9\n'
                   '2\nsome words\nAr 0 0 0\nD 1.5 0 0\n')
    (first, second), _ = minimize(*OPTIONS, "--minimize.force_tolerance=1e-4")
    expect(first.info["name"] == "a b" and first.info["converged"] and first.info["minimize_steps"] > 0,
           first.info)
    expect(np.array_equal(first.positions[:2], [[0, 0, 0], [5, 0, 0]]), first.positions)
    expect(list(first.arrays["tags"]) == [7, 8, 9] and open("out.xyz").read().count("converged") == 2)
    expect(second.info["comment"] == "some words" and second.get_masses()[1] > 2, second.info)
    expect(abs(second.get_distance(0, 1) - 2**(1 / 6) * SIGMA) < 1e-2)
    (first, _), _ = minimize(*OPTIONS, "--system.fixed=2")
    expect(np.array_equal(first.positions[1], [5, 0, 0]), first.positions)


def test_what_does_not_converge_is_said():
    xyz("in.xyz", *clusters())
    frames, done = minimize(*OPTIONS, "--minimize.steps=2", "--minimize.force_tolerance=1e-6", code=3)
    expect(done.stderr.startswith("warning:") and "7 of 8" in done.stderr, done.stderr)
    expect([f.info["converged"] for f in frames] == [False] * 7 + [True])
    expect(all(f.info["minimize_steps"] == 2 for f in frames[:7]))
    frames, _ = minimize(*OPTIONS, "--minimize.steps=0", code=3)
    expect(np.allclose(frames[0].positions, clusters()[0][1], atol=0))


def test_a_killed_screening_goes_on():
    random = np.random.default_rng(1)
    source = [a for a in ase.io.read(MOLECULES, ":") if len(a) > 8][:90]
    xyz("in.xyz", *[(a.get_chemical_symbols(), a.positions + random.normal(0, 0.03, a.positions.shape),
                     None) for a in source])
    for verb, options in (("minimize", []), ("energy", [])):
        command = [verb, "--system.structure=in.xyz", *NETWORK, *options]
        ok(*command, "--output.file=whole.xyz", "--run.threads=1", "--output.overwrite=yes")

        def part():
            return [n for n in os.listdir(".") if n.startswith("killed.xyz.part-")]
        process = start(*command, "--output.file=killed.xyz", "--run.threads=1")
        wait_for(lambda: process.poll() is not None or (part() and os.path.getsize(part()[0]) > 20000))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if part():  # else it was faster
            expect(not os.path.exists("killed.xyz"), os.listdir("."))
            with open(part()[0], "a") as file:  # as a disk that ran full leaves it
                file.write("12\nProperties=species:S:1\nC 1")
        ok(*command, "--output.file=killed.xyz", "--output.overwrite=yes", "--run.threads=2")
        expect(open("killed.xyz").read() == open("whole.xyz").read(), verb, "has other bytes")
        expect(not part(), os.listdir("."))
        os.remove("killed.xyz")


STAGE = {"integrator.method": "minimize", "minimize.force_tolerance": "1e-4"}


def test_a_stage_before_dynamics():
    xyz("in.xyz", *clusters()[:3])
    ini("relax.ini", LJ, STAGE, system__structure="in.xyz", output__directory="relaxed",
        output__trajectory="extxyz", run__device=DEVICE)
    ini("nvt.ini", LJ, NVT, integrator__temperature="20 K",
        integrator__steps=20, output__directory="nvt", output__trajectory="extxyz", output__every=10,
        output__velocities="yes", run__device=DEVICE)
    ok("check", "relax.ini", "nvt.ini")
    expect(not os.path.exists("relaxed"), os.listdir("."))
    done = ok("run", "relax.ini", "nvt.ini")
    expect("3 of 3 replicas converged" in done.stdout and not done.stderr, done.stdout, done.stderr)
    frames, _ = minimize(*OPTIONS, "--minimize.force_tolerance=1e-4")
    rows = read_log("relaxed")
    summary = json_of("relaxed/summary.json")
    expect(summary["minimize"]["converged"] == [True] * 3, summary)
    expect(summary["minimize"]["steps"] == [int(f.info["minimize_steps"]) for f in frames], summary)
    for r, frame in enumerate(frames):
        first, last = ase.io.read(f"relaxed/trajectory.r{r:04}.xyz", ":")
        expect(np.array_equal(first.positions, np.array(clusters()[r][1])) and first.info["step"] == 0)
        expect(np.abs(last.positions - frame.positions).max() < 1e-12, r)
        expect(abs(float(rows[3 + r]["potential_eV"]) - frame.get_potential_energy()) < 1e-9, rows)
        start = ase.io.read(f"nvt/trajectory.r{r:04}.xyz", "0")
        expect(np.abs(start.positions - frame.positions).max() < 1e-12, "another start", r)
        expect(start.get_kinetic_energy() > 1e-4, "it stands still")
    # The second stage alone, from what it wrote down.
    ok("run", "nvt/input.ini", "--output.directory=again")
    same_files("nvt", "again")
    expect("nothing to do" in ok("restart", "relaxed").stdout)


def test_a_stage_that_does_not_converge():
    xyz("in.xyz", *clusters()[:2])
    ini("relax.ini", LJ, STAGE, system__structure="in.xyz", output__directory="relaxed",
        integrator__steps=2, run__device=DEVICE, output__overwrite="yes")
    ini("nve.ini", LJ, NVE, integrator__steps=2, output__directory="nve",
        run__device=DEVICE)
    done = ok("run", "relax.ini", "nve.ini", code=3)
    expect("2 of 2 replicas did not converge within 2 steps" in done.stderr, done.stderr)
    expect(not os.path.exists("nve"), os.listdir("."))
    ok("run", "relax.ini", "nve.ini", "--1.minimize.on_failure=continue", code=3)
    expect(os.path.exists("nve/summary.json"), os.listdir("."))


def test_a_stage_with_what_dynamics_would_refuse():
    # Two atoms much too near, a cell too large, and an atom that is held.
    box = 11.0
    with open("in.xyz", "w") as file:
        file.write(f'3\nLattice="{box} 0 0 0 {box} 0 0 0 {box}" Properties=species:S:1:pos:R:3\n'
                   'Ar 0 0 0\nAr 1.2 0 0\nAr 4 3 0\n')
    keys = {**LJ, **STAGE, "system.structure": "in.xyz", "output.trajectory": "extxyz",
            "run.device": DEVICE, "output.overwrite": "yes"}
    ini("held.ini", keys, system__fixed="1", output__directory="held")
    ok("run", "held.ini")
    last = ase.io.read("held/trajectory.xyz", "-1")
    expect(np.array_equal(last.positions[0], [0, 0, 0]), last.positions)
    xyz("in.xyz", argon(1, spacing=5.8))
    ini("cell.ini", keys, minimize__cell="isotropic", output__directory="cell")
    ok("run", "cell.ini")
    rows = read_log("cell")
    expect(float(rows[-1]["volume_A3"]) < float(rows[0]["volume_A3"]), rows)
    expect(abs(float(rows[-1]["pressure_GPa"])) < 0.01, rows)
    for key, value in (("integrator.time", "1 ps"), ("minimize.steps", "3"), ("safety.max_forces", "1")):
        done = ok("run", "cell.ini", "--integrator.steps=4", f"--{key}={value}", code=2)
        expect(len(done.stderr.splitlines()) == 1 and key[-5:] in done.stderr, done.stderr)
    done = ok("run", "cell.ini", "--integrator.method=velocity_verlet", "--integrator.steps=2", code=2)
    expect("minimize." in done.stderr, done.stderr)


def test_wrong_input():
    xyz("in.xyz", argon(1, periodic=False))
    before = snapshot(".")
    for options, words in ((["--minimize.cell=full"], ["minimize.cell", "periodic"]),
                           (["--minimize.method=lbgfs"], ["minimize.method", "lbfgs"]),
                           (["--minimize.force_tolerance=0"], ["minimize.force_tolerance"]),
                           (["--minimize.steps=-1"], ["minimize.steps"]),
                           (["--minimize.tolerance=1"], ["minimize.tolerance"])):
        done = ok("minimize", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS, *options,
                  code=2)
        expect(len(done.stderr.splitlines()) == 1 and all(w in done.stderr for w in words), done.stderr)
    expect(snapshot(".") == before, "something was written")


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
