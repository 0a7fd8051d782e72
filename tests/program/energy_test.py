"""energy against an independent computation, and the verbs that write nothing."""

import json
import os

import ase.io
import numpy as np
from ase.calculators.lj import LennardJones
from ase.stress import voigt_6_to_full_3x3_stress
from harness import *

EPSILON, SIGMA, CUTOFF = 0.0104, 3.4, 8.5
OPTIONS = [f"--{k}={v}" for k, v in LJ.items()] + [f"--run.device={DEVICE}", "--run.threads=1"]


def reference(symbols, x, box, shift=True):
    """Energy, forces and virial by a sum over every pair and image."""
    x = np.array(x)
    cells = [np.zeros(3)]
    if box:
        n = int(np.ceil(CUTOFF / box)) + 1
        cells = [np.array([i, j, k]) * box for i in range(-n, n + 1) for j in range(-n, n + 1)
                 for k in range(-n, n + 1)]
    energy, forces, virial = 0.0, np.zeros_like(x), np.zeros((3, 3))
    at_cutoff = 4 * EPSILON * ((SIGMA / CUTOFF)**12 - (SIGMA / CUTOFF)**6) if shift else 0
    for cell in cells:
        d = x[None, :, :] + cell - x[:, None, :]
        r2 = (d**2).sum(-1)
        i, j = np.nonzero((r2 > 0) & (r2 < CUTOFF**2))
        s6 = (SIGMA**2 / r2[i, j])**3
        energy += 0.5 * np.sum(4 * EPSILON * (s6 * s6 - s6) - at_cutoff)
        f = (24 * EPSILON * (2 * s6 * s6 - s6) / r2[i, j])[:, None] * -d[i, j]
        np.add.at(forces, i, f)
        virial += -0.5 * np.einsum("pa,pb->ab", d[i, j], f)
    return energy, forces, virial


def frames():
    mixed = [argon(3, seed=1), argon(2, periodic=False, seed=2), argon(2, spacing=5.2, seed=3),
             argon(1, spacing=5.5, seed=4), (["Ar"], [[1, 2, 3]], None), argon(2, periodic=False, seed=5, vacancies=7),
             (["Ar", "Ar"], [[0, 0, 0], [100, 0, 0]], None), argon(2, periodic=True, seed=6)]
    return mixed * 3


def test_keeps_the_other_keys_of_a_frame():
    with open("in.xyz", "w") as file:
        file.write('1\nProperties=species:S:1:pos:R:3 config_type="gas phase" REF_energy=-1.5 energy=7 '
                   'dipoles="1 2 3" pbc="F F F"\nAr 0 0 0\n1\nwords, and nothing else\nAr 1 0 0\n')
    ok("energy", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS)
    first, second = ase.io.read("out.xyz", ":")
    expect(first.info["config_type"] == "gas phase" and first.info["REF_energy"] == -1.5, first.info)
    expect(list(first.info["dipoles"]) == [1, 2, 3], first.info)
    expect(first.get_potential_energy() == 0 and first.info["reference_energy"] == 7, first.info)
    expect(second.info == {"comment": "words, and nothing else"}, second.info)


def test_lennard_jones_of_mixed_frames():
    mixed = frames()
    xyz("in.xyz", *mixed)
    ok("energy", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS)
    results = ase.io.read("out.xyz", ":")
    expect(len(results) == len(mixed))
    for k, (frame, given) in enumerate(zip(results, mixed)):
        symbols, x, box = given
        energy, forces, virial = reference(*given)
        expect(np.array_equal(frame.positions, np.array(x)), "frame", k, "has other positions")
        expect(abs(frame.get_potential_energy() - energy) < 1e-10, k, frame.get_potential_energy(), energy)
        expect(np.abs(frame.get_forces() - forces).max() < 1e-10, "forces of frame", k)
        expect(frame.pbc.all() == bool(box) and frame.pbc.any() == bool(box), frame.pbc)
        if not box:
            expect("stress" not in frame.calc.results and abs(frame.cell.volume) == 0)
            continue
        stress = frame.calc.results["stress"]
        stress = stress if np.shape(stress) == (3, 3) else voigt_6_to_full_3x3_stress(stress)
        expect(np.abs(stress - (-virial / box**3)).max() < 1e-12, "stress of frame", k)
        ase_way = frame.copy()
        ase_way.calc = LennardJones(epsilon=EPSILON, sigma=SIGMA, rc=CUTOFF)
        expect(np.abs(stress - ase_way.get_stress(voigt=False)).max() < 1e-10, "ASE's stress", k)
        expect(abs(energy - ase_way.get_potential_energy()) < 1e-9, "ASE's energy", k)


def test_without_shift_and_from_several_files_and_an_input_file():
    mixed = frames()[:4]
    xyz("one.xyz", *mixed[:1])
    xyz("two.xyz", *mixed[1:])
    ini("e.ini", LJ, system__structure="one.xyz, two.xyz", output__file="out.xyz", run__device=DEVICE,
        potential__shift="no")
    ok("energy", "e.ini")
    for frame, given in zip(ase.io.read("out.xyz", ":"), mixed):
        expect(abs(frame.get_potential_energy() - reference(*given, shift=False)[0]) < 1e-10)


def test_a_frame_that_cannot_be_evaluated():
    mixed = frames()[:3]
    xyz("in.xyz", mixed[0], (["Ar", "Ar"], [[0, 0, 0], [0, 0, 0]], None))
    done = ok("energy", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS, code=2)
    expect("frame 2" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr)
    expect(os.listdir(".") == ["in.xyz"], os.listdir("."))


def test_a_network_of_mixed_frames_is_invariant_to_the_batch():
    water = (["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], None)
    ice = (["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], 15.0)
    methane = (["C", "H", "H", "H", "H"], [[0, 0, 0], [.63, .63, .63], [-.63, -.63, .63],
                                           [-.63, .63, -.63], [.63, -.63, -.63]], None)
    xyz("in.xyz", water, methane, ice, water)
    xyz("one.xyz", methane)
    options = ["--potential.name=painn", f"--potential.model={STUDENT}", f"--run.device={DEVICE}",
               "--potential.precision=float64", "--run.threads=1"]
    ok("energy", "--system.structure=in.xyz", "--output.file=out.xyz", *options)
    ok("energy", "--system.structure=one.xyz", "--output.file=o.xyz", *options)
    a, b = ase.io.read("out.xyz", ":"), ase.io.read("o.xyz")
    expect(abs(a[1].get_potential_energy() - b.get_potential_energy()) < 1e-9)
    expect(np.abs(a[1].get_forces() - b.get_forces()).max() < 1e-9)
    expect(abs(a[0].get_potential_energy() - a[2].get_potential_energy()) < 1e-9, "alone in a box")
    expect(abs(a[0].get_potential_energy() - a[3].get_potential_energy()) < 1e-9)
    expect("stress" in a[2].calc.results and "stress" not in a[0].calc.results)


def test_nothing_is_overwritten_unasked():
    xyz("in.xyz", argon(1, periodic=False))
    os.symlink("in.xyz", "link.xyz")
    os.makedirs("folder")
    before = snapshot(".")
    for target in ("in.xyz", "./in.xyz", "link.xyz", "folder/../in.xyz"):
        for extra in ([], ["--output.overwrite=yes"]):
            done = ok("energy", "--system.structure=in.xyz", f"--output.file={target}", *OPTIONS, *extra,
                      code=2)
            expect(len(done.stderr.splitlines()) == 1 and "output.file" in done.stderr, done.stderr)
    ini("a.ini", {"system.structure": "in.xyz", **LJ})
    ok("energy", "a.ini", "--output.file=a.ini", "--output.overwrite=yes", code=2)
    os.remove("a.ini")
    expect(snapshot(".") == before, "something was changed")
    ok("energy", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS)
    before = snapshot(".")
    done = ok("energy", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS, code=2)
    expect("overwrite=yes" in done.stderr, done.stderr)
    ok("verify", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS, code=2)
    expect(snapshot(".") == before, "something was changed")
    ok("energy", "--system.structure=in.xyz", "--output.file=out.xyz", *OPTIONS, "--output.overwrite=yes")
    # A run does not clear away what it is about to read.
    keys = {**LJ, **NVE, "integrator.steps": 4, "output.directory": "run", "output.trajectory": "extxyz",
            "output.every": 2}
    ini("run.ini", keys, system__structure="in.xyz")
    ok("run", "run.ini")
    before = snapshot("run")
    done = ok("run", "run.ini", "--system.structure=run/trajectory.xyz", "--output.overwrite=yes", code=2)
    expect("system.structure" in done.stderr and snapshot("run") == before, done.stderr)


def test_check_writes_nothing_and_prints_the_resolved_input():
    xyz("ar.xyz", argon(2, periodic=False))
    ini("a.ini", LJ, NVT, system__structure="ar.xyz", integrator__steps="1e6", output__directory="out",
        run__device=DEVICE, system__replicas=2)
    before = snapshot(".")
    done = ok("check", "a.ini")
    expect(snapshot(".") == before and not done.stderr, done.stderr)
    for word in ("[system]", "replicas = 2", "seed = 2026", "memory", "disk", "time"):
        expect(word in done.stdout, word, "is not in", done.stdout)
    open("again.ini", "w").write(done.stdout)
    again = ok("check", "again.ini").stdout
    expect([s for s in again.splitlines() if not s.startswith("#")] ==
           [s for s in done.stdout.splitlines() if not s.startswith("#")])
    energy = float(done.stdout.split("replica 0 is ")[1].split()[0])
    expect(abs(energy - reference(*argon(2, periodic=False))[0]) < 1e-8, energy)


def test_models_help_and_version():
    text = ok("models").stdout
    for name in ("painn", "lennard_jones", "harmonic"):
        expect(name in text, name, "is not in", text)
    text = ok("models", STUDENT).stdout
    for word in ("painn", "cutoff", "eV", "O"):
        expect(word in text, word, "is not in", text)
    expect(hashlib.sha256(STUDENT.read_bytes()).hexdigest() in text, "no SHA-256")
    expect(ok("--version").stdout.startswith("understudy "))
    for verb in ("run", "restart", "check", "energy", "models", "verify", "bench"):
        text = ok("help", verb).stdout
        expect(f"understudy {verb}" in text, text)
        expect(ok(verb, "--help").stdout == text)
    expect("understudy run" in ok("--help").stdout)


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
