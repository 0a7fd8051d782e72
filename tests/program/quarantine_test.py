"""A bad replica is put aside, the others go on as if it were not there, and its files stay readable."""

import json
import math
import os

import ase.io
import numpy as np
from harness import *

BASE = {"system.structure": "ar.xyz", **LJ, **NVT, "integrator.steps": 200, "output.every": 20,
        "output.log_every": 20, "output.directory": "out", "output.trajectory": "both",
        "run.device": DEVICE, "run.determinism": "strict", "run.threads": 1}


def good(seed):
    return argon(2, periodic=False, seed=seed)


def bad():
    symbols, x, box = argon(2, periodic=False, seed=9)
    x = np.array(x)
    x[1] = x[0] + [0.0, 0.0, 0.05]  # allowed as an input, hopeless as dynamics
    return symbols, x, box


def replicas(folder):
    return json.load(open(f"{folder}/summary.json"))["replicas"]


def check_quarantined(folder, r, done):
    """All that must be seen of replica r in a folder."""
    name = f"quarantine.r{r:04}.xyz"
    expect(os.path.exists(f"{folder}/{name}"), os.listdir(folder))
    frames = ase.io.read(f"{folder}/{name}", ":")
    expect(frames, name, "is empty")
    for frame in frames:
        expect(np.isfinite(frame.positions).all() and np.isfinite(frame.get_momenta()).all(), name)
    expect(replicas(folder)[r]["status"] == "quarantined", replicas(folder)[r])
    rows = [row for row in read_log(folder) if int(row["replica"]) == r]
    expect(rows and rows[-1]["status"] == "quarantined", rows[-1:])
    for row in rows:
        for key, value in row.items():
            if key != "status" and value:
                expect(math.isfinite(float(value)), row)
    warnings = [s for s in done.stderr.splitlines() if s.startswith("warning:")]
    expect(any(f"replica {r}" in s for s in warnings), done.stderr)
    return rows


def check_untouched(folder, alone, pairs):
    """Replicas of a run with a bad one hold the same as those of one without."""
    for here, there in pairs:
        a = open(f"{folder}/trajectory.r{here:04}.xyz").read()
        b = open(f"{alone}/trajectory.r{there:04}.xyz").read()
        expect(a.replace(f"replica={here}", "") == b.replace(f"replica={there}", ""),
               f"replica {here} differs from the run without a bad one")
        expect(len(ase.io.read(f"{folder}/trajectory.r{here:04}.xyz", ":")) == 11)
        x = [list(r.values())[:2] + list(r.values())[3:] for r in read_log(folder) if int(r["replica"]) == here]
        y = [list(r.values())[:2] + list(r.values())[3:] for r in read_log(alone) if int(r["replica"]) == there]
        expect(x == y, "log rows of replica", here, "differ")
        expect(replicas(folder)[here]["status"] == "finished", replicas(folder)[here])


def test_one_bad_structure_among_good_ones():
    xyz("ar.xyz", good(1), bad(), good(2))
    xyz("one.xyz", good(1))
    xyz("two.xyz", good(2))
    ini("a.ini", BASE)
    done = ok("run", "a.ini", code=3)
    expect(not [s for s in done.stderr.splitlines() if not s.startswith("warning:")], done.stderr)
    rows = check_quarantined("out", 1, done)
    expect(len(rows) == 11, f"{len(rows)} rows of the bad replica")
    for r, name in ((0, "one"), (2, "two")):
        ini("b.ini", BASE, system__structure=f"{name}.xyz", system__replica_id=r,
            output__directory=name)
        ok("run", "b.ini")
        os.rename(f"{name}/trajectory.xyz", f"{name}/trajectory.r0000.xyz")
        check_untouched("out", name, [(r, 0)])
    expect(not os.path.exists("out/quarantine.r0000.xyz"))


def test_one_replica_too_hot():
    xyz("ar.xyz", good(1))
    ini("a.ini", BASE, system__replicas=3, integrator__temperature="20 K, 5000 K, 30 K",
        safety__max_temperature="1000 K")
    done = ok("run", "a.ini", code=3)
    check_quarantined("out", 1, done)
    ini("b.ini", BASE, system__replicas=3, integrator__temperature="20 K, 20 K, 30 K",
        output__directory="alone")
    ok("run", "b.ini")
    check_untouched("out", "alone", [(0, 0), (2, 2)])


def test_limits_of_force_and_distance():
    xyz("ar.xyz", good(1))
    for key, value in (("safety.max_force", "3 eV/A"), ("safety.min_distance", "2.6 A")):
        ini("a.ini", BASE, {key: value}, system__replicas=2, integrator__temperature="10, 30000",
            output__directory=key)
        done = ok("run", "a.ini", code=3)
        check_quarantined(key, 1, done)
        expect(replicas(key)[0]["status"] == "finished")


def test_an_explosion_midway_keeps_good_states():
    xyz("ar.xyz", good(1))
    ini("a.ini", BASE, system__replicas=2, integrator__temperature="10 K, 20000 K",
        safety__max_force="2 eV/A", integrator__friction="0.1 /ps, 1 /ps", system__velocities="zero",
        integrator__steps=1000)
    done = ok("run", "a.ini", code=3)
    rows = check_quarantined("out", 1, done)
    last = max(int(r["step"]) for r in rows if r["status"] == "running")
    expect(last > 0, "was bad at once")
    frames = ase.io.read("out/quarantine.r0001.xyz", ":")
    steps = [f.info["step"] for f in frames]
    fault = frames[0].info["fault_step"]
    expect(steps == sorted(set(steps)) and last - 20 <= steps[-1] <= fault, steps, fault)
    for frame in frames:
        expect(np.linalg.norm(frame.get_forces(), axis=1).max() <= 2, "a kept state is bad")


def test_stop_and_all_bad():
    xyz("ar.xyz", good(1), bad(), good(2))
    ini("a.ini", BASE, safety__on_failure="stop")
    done = ok("run", "a.ini", code=4)
    lines = [s for s in done.stderr.splitlines() if not s.startswith("warning:")]
    expect(len(lines) == 1 and "replica 1" in lines[0], done.stderr)
    check_quarantined("out", 1, done)
    for r in (0, 2):
        expect(replicas("out")[r]["status"] == "stopped", replicas("out"))
    xyz("bad.xyz", bad(), bad())
    for failure in ("quarantine", "stop"):
        ini("b.ini", BASE, system__structure="bad.xyz", safety__on_failure=failure,
            output__directory=failure)
        done = ok("run", "b.ini", code=4)
        lines = [s for s in done.stderr.splitlines() if not s.startswith("warning:")]
        expect(len(lines) == 1, done.stderr)
        for r in (0, 1):
            expect(os.path.exists(f"{failure}/quarantine.r{r:04}.xyz"), os.listdir(failure))
        for name in ("summary.json", "timings.json", "checkpoint.nc", "input.ini", "log.csv"):
            expect(os.path.exists(f"{failure}/{name}"), name, "is missing")
        read_log(failure)
        done = ok("restart", failure, code=4)


def test_restart_with_a_bad_replica():
    xyz("ar.xyz", good(1), bad(), good(2))
    ini("whole.ini", BASE, output__directory="whole")
    ini("a.ini", BASE)
    ok("run", "whole.ini", code=3)
    ok("run", "a.ini", "--integrator.steps=90", code=3)
    ok("restart", "out", "--integrator.steps=200", code=3)
    same_files("whole", "out")
    expect(replicas("whole") == replicas("out"), replicas("whole"), replicas("out"))
    expect(call("restart", "out").returncode == 3, "restart of a finished run with a bad replica")


def test_a_later_stage_goes_on_without_the_bad_one():
    xyz("ar.xyz", good(1), bad(), good(2))
    ini("a.ini", BASE, integrator__steps=40)
    ini("b.ini", BASE, integrator__steps=40, system__structure=None, output__directory="second")
    ok("run", "a.ini", "b.ini", code=3)
    states = [r["status"] for r in replicas("second")]
    expect(states == ["finished", "quarantined", "finished"], states)
    rows = [r for r in read_log("second") if r["replica"] == "1"]
    expect(rows and all(r["status"] == "quarantined" for r in rows), rows[:2])


def test_packed_trajectories_stay_readable():
    xyz("ar.xyz", good(1), bad(), good(2))
    ini("a.ini", BASE, output__layout="packed")
    ok("run", "a.ini", code=3)
    import MDAnalysis
    frames = ase.io.read("out/trajectory.xyz", ":")
    per_replica = [sum(f.info["replica"] == r for f in frames) for r in range(3)]
    expect(per_replica[0] == per_replica[2] == 11 and per_replica[1] <= 2, per_replica)
    import warnings
    warnings.simplefilter("ignore")
    universe = MDAnalysis.Universe("out/topology.pdb", "out/trajectory.nc")
    expect(len(universe.trajectory) == 11 and universe.atoms.n_atoms == 96)
    for frame in universe.trajectory:
        expect(np.isfinite(frame.positions).all(), "frame", frame.frame)


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
