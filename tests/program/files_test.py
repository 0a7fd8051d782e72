"""Every file of an output folder holds what the documentation promises, and other programs read it."""

import csv
import json
import os
import re
import resource
import subprocess
import warnings

import ase.io
import MDAnalysis
import numpy as np
from ase import units
from harness import *

warnings.simplefilter("ignore")
BASE = {"system.structure": "ar.xyz", **LJ, **NVT, "integrator.steps": 60, "output.every": 20,
        "output.log_every": 10, "output.directory": "out", "output.trajectory": "both",
        "output.velocities": "yes", "output.forces": "yes", "run.device": DEVICE, "run.threads": 1}
U = units.create_units("2018")
COLUMNS = ["step", "time_ps", "replica", "temperature_K", "potential_eV", "kinetic_eV", "total_eV", "status"]


def solid():
    return argon(3, spacing=5.6)


def check_log(folder, replicas, steps, periodic):
    rows = read_log(folder)
    names = COLUMNS + (["volume_A3", "pressure_GPa"] if periodic else []) + ["name", "target_temperature_K"]
    expect(list(rows[0]) == names, list(rows[0]))
    expect([(int(r["step"]), int(r["replica"])) for r in rows] ==
           [(s, r) for s in steps for r in range(replicas)], "steps and replicas of the log")
    for row in rows:
        for key in ("potential_eV", "kinetic_eV", "total_eV"):
            expect(len(row[key].split(".")[1]) >= 9, key, row[key])
        expect(abs(float(row["potential_eV"]) + float(row["kinetic_eV"]) - float(row["total_eV"])) < 1e-8)
        expect(abs(float(row["time_ps"]) - int(row["step"]) * 0.002) < 1e-9, row)
        expect(row["status"] in ("running", "finished"), row["status"])
    return rows


def check_folder(folder, names):
    found = sorted(os.listdir(folder))
    expect(found == sorted(names), found, "instead of", sorted(names))


def check_reports(folder, replicas, atoms, steps):
    timings = json.load(open(f"{folder}/timings.json"))
    for key in ("device", "atoms", "replicas", "steps", "wall_s", "steps_per_s", "atom_steps_per_s",
                "ns_per_day", "ms_per_molecule_step", "phases"):
        expect(key in timings, key, "is not in timings.json")
    wall = timings["wall_s"]
    expect(timings["atoms"] == atoms and timings["replicas"] == replicas and timings["steps"] == steps, timings)
    expect(abs(timings["steps_per_s"] * wall / steps - 1) < 1e-6, timings)
    expect(abs(timings["atom_steps_per_s"] * wall / steps / atoms - 1) < 1e-6, timings)
    expect(abs(timings["ns_per_day"] / (steps / wall * 2e-6 * 86400) - 1) < 1e-6, timings)
    expect(abs(timings["ms_per_molecule_step"] / (1e3 * wall / steps / replicas) - 1) < 1e-6, timings)
    for key in ("neighbors", "potential", "integrator", "output"):
        expect(timings["phases"][key] >= 0, key)
    expect(sum(timings["phases"].values()) <= wall * 1.01 + 1e-3, timings)
    summary = json.load(open(f"{folder}/summary.json"))
    text = json.dumps(summary)
    for word in ("version", "build", "command", "seed", "device", "sha256", "netCDF"):
        expect(word in text, word, "is not in summary.json")
    expect(len(summary["replicas"]) == replicas)
    for r, entry in enumerate(summary["replicas"]):
        expect(entry["replica"] == r and entry["id"] == r and entry["steps"] == steps, entry)
        expect(entry["status"] == "finished", entry)
        expect(any("drift" in k for k in entry) and any("temperature" in k for k in entry), entry)
    return summary


def sha256(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def test_check_says_what_memory_a_run_takes():
    """The same figures, and together about what the process held at most."""
    x = argon(12, spacing=5.4)
    xyz("ar.xyz", x)
    ini("a.ini", BASE, integrator__steps=20)
    done = ok("check", "a.ini")
    line = next(s for s in done.stdout.splitlines() if s.startswith("# memory: about"))
    factor = {"B": 1e-6, "kB": 1e-3, "MB": 1, "GB": 1e3}
    said = [float(v) * factor[u] for v, u in re.findall(r"([0-9.e+]+) ([kMG]?B)", line)][:5]
    expect(abs(said[0] - sum(said[1:])) < 0.02 * said[0], line)
    ok("run", "a.ini")
    timings = json_of("out/timings.json")
    need = timings["memory_need_MB"]
    expect(abs(need["state_and_neighbors"] - said[1]) < 0.01 * said[1], need, line)
    expect(abs(need["copies"] - said[3]) < 0.01 * said[3], need, line)
    expect(0.7 < sum(need.values()) / timings["peak_memory_MB"] < 1.5, need, timings["peak_memory_MB"])


def test_times_of_very_short_steps():
    xyz("ar.xyz", argon(1, periodic=False))
    ini("a.ini", BASE, integrator__time_step="1.25e-8 fs", integrator__steps=8, output__every=4,
        output__log_every=2)
    ok("run", "a.ini")
    times = [float(r["time_ps"]) for r in read_log("out")]
    expect(times == [1.25e-11 * step for step in (0, 2, 4, 6, 8)], times)


def test_more_threads_than_cores_are_warned_of():
    xyz("ar.xyz", argon(1, periodic=False))
    ini("a.ini", BASE, integrator__steps=2, run__threads=99)
    done = ok("run", "a.ini")
    if len(os.sched_getaffinity(0)) < 99:
        expect(done.stderr.startswith("warning: run.threads is 99"), done.stderr)


def test_a_replica_can_be_told_from_its_rows():
    symbols, x, _ = argon(1, periodic=False)
    with open("named.xyz", "w") as file:
        for line in ('name=first', 'name="the \\"second\\", of two" other=1', 'config_type=bulk'):
            file.write(f"{len(x)}\n{line} Properties=species:S:1:pos:R:3\n")
            file.writelines(f"{s} {p[0]} {p[1]} {p[2]}\n" for s, p in zip(symbols, x))
    xyz("alone.xyz", (symbols, x, None))
    ini("a.ini", {**BASE, **NVT, "system.structure": "named.xyz, alone.xyz", "system.replicas": 2,
                  "integrator.temperature": "ladder(20 K, 40 K)", "integrator.steps": 20})
    ok("run", "a.ini")
    names = ["first", 'the "second", of two', "named-2", "alone"]

    def check(folder):
        wanted = [(names[r // 2], 20.0 * (1 + r % 2)) for r in range(8)]
        with open(f"{folder}/log.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        expect([(r["name"], float(r["target_temperature_K"])) for r in rows] == wanted * (len(rows) // 8), rows[:8])
        for r, entry in enumerate(json_of(f"{folder}/summary.json")["replicas"]):
            expect((entry["name"], entry["target_temperature_K"]) == wanted[r] and entry["copy"] == r % 2, entry)
        return json_of(f"{folder}/summary.json")["replicas"]

    for r, entry in enumerate(check("out")):
        expect(os.path.basename(entry["source"]) == ("alone.xyz" if r > 5 else "named.xyz"), entry)
        expect(entry["frame"] == (r // 2 if r < 6 else 0), entry)
    first = check("out")
    ok("restart", "out", "--integrator.steps=40")
    again = check("out")
    expect([[e[k] for k in ("source", "frame", "copy")] for e in again] ==
           [[e[k] for k in ("source", "frame", "copy")] for e in first])
    # A later stage and what its own input.ini gives know the same names.
    ini("b.ini", {**BASE, **NVT, "integrator.temperature": "ladder(20 K, 40 K)", "integrator.steps": 20,
                  "output.directory": "second"}, system__structure=None, system__replicas=None)
    done = call("run", "a.ini", "b.ini", "--output.overwrite=yes",
                "--2.integrator.temperature=20, 40, 20, 40, 20, 40, 20, 40")
    expect(done.returncode == 0, done.stderr)
    check("second")
    ok("run", "second/input.ini", "--output.directory=third")
    with open("second/log.csv") as a, open("third/log.csv") as b:
        expect(a.read() == b.read(), "a stage alone has other rows")
    # Without a temperature there is no target.
    ini("c.ini", BASE, NVE, system__structure="alone.xyz", output__directory="nve", integrator__temperature=None,
        integrator__friction=None)
    ok("run", "c.ini")
    expect(json_of("nve/summary.json")["replicas"][0]["target_temperature_K"] is None)
    expect({row["target_temperature_K"] for row in read_log("nve")} == {""})


def test_every_file_of_a_periodic_batch():
    xyz("ar.xyz", solid())
    ini("a.ini", BASE, system__replicas=2)
    done = ok("run", "a.ini")
    expect(not done.stderr, done.stderr)
    for word in ("potential", "integrator", "neighbors", "output", "atom-steps/s", "ns/day"):
        expect(word in done.stdout, word, "is not in the table")
    names = ["log.csv", "timings.json", "summary.json", "input.ini", "checkpoint.nc"]
    for r in range(2):
        names += [f"trajectory.r000{r}.nc", f"trajectory.r000{r}.xyz", f"topology.r000{r}.pdb"]
    found = set(os.listdir("out"))
    expect(set(names) <= found and found <= set(names) | {"checkpoint.nc.1"}, found)
    rows = check_log("out", 2, range(0, 61, 10), True)
    summary = check_reports("out", 2, 216, 60)
    expect(sha256("ar.xyz") in json.dumps(summary), "no SHA-256 of the structure")
    compare_trajectories("out", rows, 2)


def compare_trajectories(folder, rows, replicas):
    _, x0, box = solid()
    for r in range(replicas):
        frames = ase.io.read(f"{folder}/trajectory.r{r:04}.xyz", ":")
        expect([f.info["step"] for f in frames] == [0, 20, 40, 60], [f.info for f in frames])
        expect(all(f.info["replica"] == r for f in frames))
        expect(np.array_equal(frames[0].positions, x0), "the first frame is not the input")
        universe = MDAnalysis.Universe(f"{folder}/topology.r{r:04}.pdb", f"{folder}/trajectory.r{r:04}.nc")
        expect(len(universe.trajectory) == 4)
        for frame, ts in zip(frames, universe.trajectory):
            step = frame.info["step"]
            row = next(w for w in rows if int(w["step"]) == step and int(w["replica"]) == r)
            expect(abs(frame.info["time_ps"] - step * 0.002) < 1e-9 and abs(ts.time - step * 0.002) < 1e-6)
            expect(np.abs(frame.positions - ts.positions).max() < 1e-5)
            expect(np.abs(frame.get_velocities() * 1e3 * units.fs - ts.velocities).max() < 1e-4)
            expect(np.abs(frame.get_forces() - ts.forces * (units.kJ / units.mol)).max() < 1e-5, "forces")
            expect(abs(frame.get_potential_energy() - float(row["potential_eV"])) < 1e-9)
            expect(np.allclose(frame.cell.lengths(), box) and frame.pbc.all())
            expect(np.allclose(ts.dimensions, [box, box, box, 90, 90, 90]))
            kinetic = frame.get_kinetic_energy()
            expect(abs(kinetic - float(row["kinetic_eV"])) < 2e-6 * kinetic, kinetic, row)
            kinetic = float(row["kinetic_eV"])
            expect(abs(2 * kinetic / (3 * 108 * U["kB"]) - float(row["temperature_K"])) < 1e-4, row)
            expect(abs(float(row["volume_A3"]) - box**3) < 1e-3)


def test_a_single_aperiodic_system_and_defaults():
    xyz("ar.xyz", argon(2, periodic=False, vacancies=3))
    ini("a.ini", {"system.structure": "ar.xyz", **LJ, **NVE, "integrator.steps": 250,
                  "output.directory": "deep/er/out", "run.device": DEVICE})
    ok("run", "a.ini")
    check_folder("deep/er/out", ["trajectory.nc", "topology.pdb", "log.csv", "timings.json",
                                 "summary.json", "input.ini", "checkpoint.nc", "checkpoint.nc.1"])
    check_log("deep/er/out", 1, (0, 100, 200), False)
    universe = MDAnalysis.Universe("deep/er/out/topology.pdb", "deep/er/out/trajectory.nc")
    expect(len(universe.trajectory) == 3 and universe.atoms.n_atoms == 29)
    expect(universe.trajectory[0].dimensions is None)
    expect(not universe.trajectory[0].has_velocities)
    text = open("deep/er/out/input.ini").read()
    for key in ("replicas = 1", "every = 100", "layout = separate", "seed = 2026", "skin = 1.0 A",
                "keep = 2", "determinism = fast", "time_step = 2 fs"):
        expect(key in text, key, "is not in input.ini")


def test_packed_holds_the_same_as_separate():
    xyz("ar.xyz", argon(2, periodic=False, seed=1), argon(2, periodic=False, seed=2, vacancies=5))
    ini("a.ini", BASE)
    ok("run", "a.ini")
    ok("run", "a.ini", "--output.layout=packed", "--output.directory=packed")
    found = set(os.listdir("packed")) - {"checkpoint.nc.1"}
    expect(found == {"trajectory.nc", "trajectory.xyz", "topology.pdb", "log.csv", "timings.json",
                     "summary.json", "input.ini", "checkpoint.nc"}, found)
    same_files("out", "packed", ["log.csv"])
    packed = ase.io.read("packed/trajectory.xyz", ":")
    for r in range(2):
        own = ase.io.read(f"out/trajectory.r{r:04}.xyz", ":")
        mine = [f for f in packed if f.info["replica"] == r]
        expect(len(own) == len(mine) == 4)
        for a, b in zip(own, mine):
            expect(np.array_equal(a.positions, b.positions) and a.info["step"] == b.info["step"])
    universe = MDAnalysis.Universe("packed/topology.pdb", "packed/trajectory.nc")
    expect(universe.atoms.n_atoms == 32 + 27)
    expect(np.abs(universe.trajectory[3].positions[32:] - own[3].positions).max() < 1e-5)


def test_overwrite_removes_only_what_is_ours():
    xyz("ar.xyz", argon(2, periodic=False))
    ini("a.ini", BASE, system__replicas=3)
    ok("run", "a.ini")
    mine = ["notes.txt", "trajectory.mine.nc", "checkpoint.nc.good", "quarantine.txt", "log.csv.old",
            "topology.psf", "model.safetensors"]
    for name in mine:
        open(f"out/{name}", "w").write("precious")
    os.mkdir("out/trajectory.nc.d")
    ini("b.ini", BASE, system__replicas=2, output__overwrite="yes", output__trajectory="extxyz")
    ok("run", "b.ini")
    for name in mine:
        expect(open(f"out/{name}").read() == "precious", name)
    for name in ("trajectory.r0002.nc", "trajectory.r0000.nc", "topology.r0002.pdb", "trajectory.r0002.xyz"):
        expect(not os.path.exists(f"out/{name}"), name, "is left of the earlier run")


def test_the_resolved_input_repeats_the_run():
    xyz("ar.xyz", argon(2, periodic=False), argon(2, periodic=False, seed=4))
    os.mkdir("inputs")
    ini("inputs/a.ini", BASE, system__structure="../ar.xyz", output__directory="../out",
        system__replica_id=5, integrator__temperature="50 K, 60 K")
    ok("run", "inputs/a.ini", "--integrator.seed=77", "--integrator.friction=2 /ps")
    ok("run", "out/input.ini", "--output.directory=again")
    same_files("out", "again")
    done = ok("run", "out/input.ini", "--output.overwrite=yes")
    same_files("out", "again")
    expect(open("out/input.ini").read().replace("overwrite = yes", "overwrite = no") ==
           open("again/input.ini").read().replace(os.getcwd() + "/again", os.getcwd() + "/out"))


def stages(first, second, name, **keys):
    ini("a.ini", BASE, first, output__directory=f"{name}/a", **keys)
    ini("b.ini", BASE, second, output__directory=f"{name}/b", system__structure=None)
    ok("run", "a.ini", "b.ini")
    end = ase.io.read(f"{name}/a/trajectory.r0001.xyz", "-1")
    begin = ase.io.read(f"{name}/b/trajectory.r0001.xyz", "0")
    expect(np.array_equal(end.positions, begin.positions), "stage two starts elsewhere")
    drawn = "system.velocities" in second
    difference = np.abs(end.get_momenta() - begin.get_momenta()).max()
    expect(drawn or difference < 1e-9, name, "momenta differ by", difference)
    expect(begin.info["step"] == 0)
    ok("run", f"{name}/b/input.ini", f"--output.directory={name}/again")
    same_files(f"{name}/b", f"{name}/again")
    ok("run", f"{name}/b/input.ini", "--output.overwrite=yes")
    same_files(f"{name}/b", f"{name}/again")
    ok("run", f"{name}/b/input.ini", f"--output.directory={name}/third")
    same_files(f"{name}/b", f"{name}/third")
    ok("restart", f"{name}/b", "--integrator.steps=100")


def test_stages_and_their_resolved_inputs():
    xyz("ar.xyz", argon(2, periodic=False, seed=1))
    hot = {"integrator.temperature": "40 K"}
    stages(NVT, {**NVE, "integrator.seed": 3}, "heat", system__replicas=2, **{"system.replica_id": 3})
    stages({**NVE, **hot}, NVE, "nve", system__replicas=2)
    stages(NVE | hot, {**NVT, **hot}, "cool", system__replicas=2, **{"system.replica_id": 3})
    stages(NVT, {**NVE, "integrator.temperature": "30 K", "system.velocities": "maxwell"}, "draw",
           system__replicas=2)


def test_the_command_line_wins_and_paths_are_relative_to_their_source():
    os.mkdir("sub")
    os.mkdir("sub/data")
    xyz("sub/data/ar.xyz", argon(2, periodic=False))
    xyz("here.xyz", argon(2, periodic=False, vacancies=4))
    ini("sub/a.ini", BASE, system__structure="data/ar.xyz", output__directory="runs/a")
    ok("run", "sub/a.ini")
    expect(os.path.exists("sub/runs/a/log.csv"))
    ok("run", "sub/a.ini", "--system.structure=here.xyz", "--output.directory=b", "--integrator.steps=20")
    expect(json.load(open("b/summary.json"))["steps"] == 20)
    expect(json.load(open("b/timings.json"))["atoms"] == 28)
    command = json.load(open("b/summary.json"))["command"]
    expect("run" in command and "--integrator.steps=20" in command, command)


def test_units_comments_and_lists():
    xyz("ar.xyz", argon(2, periodic=False))
    ini("a.ini", BASE, integrator__time_step="2", integrator__temperature="300",
        integrator__friction="1", output__every="40 fs  # a comment", potential__sigma="34e-1",
        potential__epsilon="+0.0104 eV", integrator__steps=None, integrator__time="0.12 ps",
        output__log_every="0.02 ps")
    ini("b.ini", BASE, output__directory="b")
    ok("run", "a.ini")
    ok("run", "b.ini")
    same_files("out", "b", ["trajectory.xyz"])
    ini("c.ini", BASE, output__directory="c", system__replicas=3, integrator__steps=0,
        integrator__temperature="geometric(300 K, 600 K)")
    ok("run", "c.ini")
    expect(len(read_log("c")) == 3)


def test_a_file_that_may_not_grow_further():
    """As a full disk: one line, exit 5, whole frames, and a restart when there is room again."""
    xyz("ar.xyz", solid())
    base = {**BASE, "integrator.steps": 4000, "output.every": 1, "output.log_every": 1}
    ini("a.ini", base, checkpoint__every="20 steps")

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

    done = call("run", "a.ini", limit=small)
    check_full(done, "out")
    steps = ase.io.read("out/trajectory.xyz", "-1").info["step"] + 30
    ok("restart", "out", f"--integrator.steps={steps}")
    ini("b.ini", base, integrator__steps=steps, output__directory="whole")
    ok("run", "b.ini")
    same_files("whole", "out")


def check_full(done, folder):
    expect(done.returncode == 5, "exit", done.returncode, done.stderr)
    lines = [s for s in done.stderr.splitlines() if not s.startswith("warning:")]
    expect(len(lines) == 1 and folder in lines[0], done.stderr)
    frames = ase.io.read(f"{folder}/trajectory.xyz", ":")
    expect(len(frames) > 20 and [f.info["step"] for f in frames] == list(range(len(frames))))
    universe = MDAnalysis.Universe(f"{folder}/topology.pdb", f"{folder}/trajectory.nc")
    last = universe.trajectory[len(universe.trajectory) - 1]
    expect(len(universe.trajectory) > 20 and np.isfinite(last.positions).all())
    for name in ("summary.json", "timings.json"):
        expect(not os.path.exists(f"{folder}/{name}") or json.load(open(f"{folder}/{name}")), name)
    read_log(folder)
    expect(not [n for n in os.listdir(folder) if n.endswith(".tmp")], os.listdir(folder))


def test_a_full_disk():
    os.mkdir("disk")
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", "disk"],
                                           capture_output=True).returncode != 0:
        print("not checked: a full disk, which needs the right to mount one")
        return
    try:
        xyz("ar.xyz", solid())
        base = {**BASE, "integrator.steps": 4000, "output.every": 1, "output.log_every": 1}
        ini("a.ini", base, checkpoint__every="20 steps", output__directory="disk/out")
        done = call("run", "a.ini")
        check_full(done, "disk/out")
        done = call("restart", "disk/out")  # still full
        check_full(done, "disk/out")
        subprocess.run(["mount", "-o", "remount,size=40m", "disk"], check=True)
        steps = ase.io.read("disk/out/trajectory.xyz", "-1").info["step"] + 30
        ok("restart", "disk/out", f"--integrator.steps={steps}")
        ini("b.ini", base, integrator__steps=steps, output__directory="whole")
        ok("run", "b.ini")
        same_files("whole", "disk/out")
    finally:
        subprocess.run(["umount", "--lazy", "disk"], check=True)


def test_no_trajectory():
    xyz("ar.xyz", argon(2, periodic=False))
    ini("a.ini", BASE, output__trajectory="none")
    ok("run", "a.ini")
    found = set(os.listdir("out"))
    expect(not [n for n in found if n.startswith("trajectory")], found)
    ok("restart", "out", "--integrator.steps=100")
    expect(read_log("out")[-1]["step"] == "100")


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
