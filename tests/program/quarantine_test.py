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
        bad = row["status"] == "quarantined"
        for key in ("temperature_K", "potential_eV", "kinetic_eV", "total_eV"):
            expect(row[key] == "" if bad else math.isfinite(float(row[key])), key, row)
    said = replicas(folder)[r]
    expect(said["fault"] and said["fault_step"] == said["steps"], said)
    expect(abs(said["fault_time_ps"] - said["fault_step"] * 2e-3) < 1e-12, said)
    running = [int(row["step"]) for row in rows if row["status"] == "running"]
    expect(max(running, default=-1) < said["fault_step"] <= int(rows[-1]["step"]), said, running)
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
        x, y = ([{k: v for k, v in row.items() if k not in ("replica", "name")} for row in read_log(where)
                 if int(row["replica"]) == r] for where, r in ((folder, here), (alone, there)))
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


def pair(distance):
    return ["Ar", "Ar"], [[0.0, 0, 0], [distance, 0, 0]], None


def test_an_explosion_is_not_a_success():
    """With no word about safety in the input: each limit alone, and all of them off."""
    for name, frame, extra, reason in (
            ("force", pair(1.7), {}, "safety.max_force"),
            ("distance", pair(0.25), {"safety.max_force": "off"}, "safety.min_distance"),
            ("temperature", pair(2.2), {"safety.max_force": "off"}, "safety.max_temperature")):
        xyz("in.xyz", frame, pair(3.8))
        ini("a.ini", BASE, extra, system__structure="in.xyz", output__directory=name)
        done = ok("run", "a.ini", code=3)
        check_quarantined(name, 0, done)
        expect(reason in replicas(name)[0]["fault"], name, replicas(name)[0])
        expect(replicas(name)[1]["status"] == "finished", replicas(name)[1])
        call("run", "a.ini", "--output.directory=off", "--output.overwrite=yes",
             *(f"--safety.{key}=off" for key in ("max_force", "min_distance", "max_temperature")))
        expect("safety" not in replicas("off")[0].get("fault", ""), replicas("off")[0])
        xyz("in.xyz", frame)
        ok("run", "a.ini", "--output.directory=alone", "--output.overwrite=yes", code=4)
    expect("max_temperature = auto" in open("force/input.ini").read())
    expect("max_force = 500 eV/A" in open("force/input.ini").read())
    ok("restart", "force", "--integrator.steps=250", code=3)


def test_a_healthy_run_of_few_degrees_of_freedom_passes():
    """One atom at 3000 K is hotter than 10000 K now and then: chi-square of 3 above 10, 1.9 %."""
    xyz("in.xyz", (["Ar"], [[0, 0, 0]], None))
    keys = {"system.structure": "in.xyz", "system.replicas": 20, "integrator.steps": 2000,
            "integrator.temperature": "3000 K", "integrator.friction": "50 /ps",
            "output.trajectory": "none"}
    ini("a.ini", {**BASE, **HARMONIC}, NVT, keys, potential__epsilon=None, potential__sigma=None,
        potential__cutoff=None)
    ok("run", "a.ini")
    hot = [float(row["temperature_K"]) for row in read_log("out")]
    share = np.mean(np.array(hot) > 10000)
    expect(0.003 < share < 0.05, share)
    # Constant energy after it, without a temperature of its own, is as healthy.
    ini("b.ini", {**BASE, **HARMONIC}, NVE, keys, potential__epsilon=None, potential__sigma=None,
        potential__cutoff=None, integrator__temperature=None, integrator__friction=None,
        output__directory="nve", system__structure=None, system__replicas=None)
    ok("run", "a.ini", "b.ini", "--1.output.directory=first")
    ok("restart", "nve", "--integrator.steps=4000")


def test_a_start_that_is_too_hot_is_refused():
    """Velocities in another unit, say."""
    with open("in.xyz", "w") as file:
        file.write("2\nProperties=species:S:1:pos:R:3:vel:R:3\n"
                   "Ar 0 0 0 1 -2 3\nAr 0 0 3.8 -4 1 2\n")
    ini("a.ini", BASE, system__structure="in.xyz")
    done = ok("run", "a.ini", code=2)
    for word in ("a.ini:2", "in.xyz", "max_temperature", "A/fs", "10000"):
        expect(word in done.stderr, word, done.stderr)
    expect(len(done.stderr.splitlines()) == 1 and not os.path.exists("out"), done.stderr)
    ok("run", "a.ini", "--system.velocities=maxwell", "--integrator.temperature=20 K")
    ok("run", "a.ini", "--safety.max_temperature=off", "--output.directory=off",
       "--integrator.steps=0")


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
