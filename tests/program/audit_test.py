"""A teacher that watches the student: log, harvest, handover, stop, budget, restart, and afterwards.

Student and teacher are Lennard-Jones clusters, so that every number can be had from `energy` too."""

import csv
import json
import math
import os

import ase.io
import numpy as np
from harness import *

KB = 1.380649e-23 / 1.602176634e-19  # eV/K
TEACHER = {"teacher." + k.split(".")[1]: v for k, v in LJ.items()}
OTHER = {**TEACHER, "teacher.epsilon": "0.0115 eV"}
BASE = {"system.structure": "ar.xyz", **LJ, **NVT, "integrator.temperature": "30 K",
        "output.directory": "out", "output.trajectory": "both", "output.every": 10,
        "output.log_every": 10, "integrator.steps": 200, "run.device": DEVICE, "run.threads": 1,
        "run.progress": "off"}
FORCES = {"output.forces": "yes"}


def clusters():
    """A loose cluster and a dense one, in which a stiffer teacher differs more."""
    xyz("ar.xyz", argon(2, spacing=5.4, periodic=False, vacancies=12, seed=3),
        argon(2, spacing=4.9, periodic=False, vacancies=14, seed=4))


def rows_of(folder):
    with open(f"{folder}/audit.csv", encoding="utf-8") as file:
        return [{k: float(v) if k not in ("action", "driver") else v for k, v in row.items()}
                for row in csv.DictReader(file)]


def json_of(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def energy_of(frames, keys, name="frames"):
    """Energies and forces of ASE frames by the program's verb `energy`."""
    bare = [(f.get_chemical_symbols(), f.positions, None) for f in frames]
    xyz(f"{name}.xyz", *bare)
    ok("energy", f"--system.structure={name}.xyz", f"--output.file={name}_out.xyz", f"--run.device={DEVICE}",
       *[f"--{k.replace('teacher', 'potential')}={v}" for k, v in keys.items()])
    return ase.io.read(f"{name}_out.xyz", ":")


def test_a_teacher_equal_to_the_student_finds_nothing():
    clusters()
    ini("a.ini", BASE, TEACHER, teacher__every=10, teacher__max_force_error="1e-12 eV/A",
        teacher__policy="stop")
    out = ok("run", "a.ini").stdout
    rows = rows_of("out")
    expect(len(rows) == 2 * 21, len(rows), "rows")
    expect([(r["step"], r["replica"]) for r in rows] ==
           [(s, k) for s in range(0, 201, 10) for k in (0, 1)])
    for row in rows:
        # Not bit by bit: their neighbor lists are of different age, so sums have other orders.
        expect(abs(row["energy_error_eV"]) < 1e-14 and row["force_max_eV_A"] < 1e-15, row)
        expect(abs(row["student_eV"] - row["teacher_eV"]) < 1e-14, row)
        expect(row["action"] == "none" and row["driver"] == "student", row)
    report = json_of("out/audit.json")
    expect(report["all"]["samples"] == 40 and report["all"]["beyond_limits"] == 0, report)
    for group in report["ensembles"]:
        expect(group["samples"] == 20 and abs(group["effective_sample_size"] - 20) < 1e-9, group)
        expect(abs(group["reweighted_mean_teacher_eV"] - group["mean_student_eV"]) < 1e-12, group)
    expect(report["verdict"] in out and "effective sample size" in out, out)
    expect("more audits are wanted" in report["verdict"], report["verdict"])  # 20 are few
    summary = json_of("out/summary.json")
    expect(summary["audit"]["verdict"] == report["verdict"], summary["audit"])
    expect("teacher" in json_of("out/timings.json")["phases"], "no time of the teacher")


def test_every_number_of_the_log():
    clusters()
    ini("a.ini", BASE, OTHER, FORCES, teacher__every=10, system__replicas=2)
    ini("b.ini", BASE, FORCES, system__replicas=2, output__directory="alone")
    ok("run", "a.ini")
    ok("run", "b.ini")
    same_files("out", "alone")  # a teacher that only looks changes no bit
    expect("teacher" not in open("alone/input.ini").read(), "an unused section is listed")
    rows = rows_of("out")
    log = {(r["step"], r["replica"]): float(r["potential_eV"]) for r in read_log("out")}
    for replica in range(4):
        mine = [r for r in rows if r["replica"] == replica]
        frames = ase.io.read(f"out/trajectory.r{replica:04d}.xyz", ":")
        expect("driver" not in frames[0].info, frames[0].info)
        teacher = energy_of(frames, OTHER, f"t{replica}")
        differences = []
        for row, frame, right in zip(mine, frames, teacher, strict=True):
            expect(row["step"] == frame.info["step"] and
                   abs(row["time_ps"] - frame.info["time_ps"]) < 1e-9, row, frame.info)
            expect(abs(row["student_eV"] - log[str(int(row["step"])), str(replica)]) < 1e-9, row)
            expect(abs(row["teacher_eV"] - right.get_potential_energy()) < 1e-9, row)
            wrong = np.abs(frame.get_forces() - right.get_forces())
            expect(abs(row["force_mae_eV_A"] - wrong.mean()) < 1e-10, row, wrong.mean())
            expect(abs(row["force_max_eV_A"] - wrong.max()) < 1e-10, row, wrong.max())
            d = row["student_eV"] - row["teacher_eV"]
            error = d - np.mean(differences) if differences else 0
            expect(abs(row["energy_error_eV"] - error) < 1e-12, row, error)
            differences.append(d)
    check_report("out/audit.json", rows, temperature=30, sizes=[20, 20, 18, 18])


def check_report(path, rows, temperature, sizes, tolerance=1e-9):
    """The table and the reweighting from the rows, computed here; the start does not count."""
    report = json_of(path)
    rows = [r for r in rows if r["step"] >= report["discarded_steps"]]
    for entry in report["replicas"]:
        mine = [r for r in rows if r["replica"] == entry["replica"]]
        d = np.array([r["student_eV"] - r["teacher_eV"] for r in mine])
        n = sizes[entry["replica"]]
        expect(abs(entry["energy_offset_eV"] - d.mean()) < tolerance, entry, d.mean())
        mae = entry["energy_mae_eV_per_atom"]
        expect(abs(mae["mean"] - np.abs(d - d.mean()).mean() / n) < tolerance, mae)
        blocks = [np.abs(d - d.mean())[b * len(d) // 10:(b + 1) * len(d) // 10].mean() / n
                  for b in range(10)]
        half = 2.2621571628540993 * np.std(blocks, ddof=1) / math.sqrt(10)  # t of 9, 97.5 %
        expect(abs(mae["confidence_95"] - half) < tolerance, mae, half)
        force = np.array([r["force_mae_eV_A"] for r in mine])
        expect(abs(entry["force_mae_eV_A"]["mean"] - force.mean()) < tolerance, entry)
        expect(abs(entry["force_max_eV_A"] - max(r["force_max_eV_A"] for r in mine)) < tolerance)
    for group in report["ensembles"]:
        n = int(group["formula"][2:])
        mine = [r for r in rows if sizes[int(r["replica"])] == n]
        student = np.array([r["student_eV"] for r in mine])
        teacher = np.array([r["teacher_eV"] for r in mine])
        w = np.exp(-((teacher - student) - (teacher - student).min()) / (KB * temperature))
        expect(group["samples"] == len(mine) and group["temperature_K"] == temperature, group)
        size = w.sum()**2 / (w**2).sum()
        expect(abs(group["effective_sample_size"] / size - 1) < max(tolerance, 1e-9) * 1e3, group, size)
        mean = (w * teacher).sum() / w.sum()
        expect(abs(group["reweighted_mean_teacher_eV"] - mean) < tolerance, group, mean)
        expect(abs(group["mean_student_eV"] - student.mean()) < tolerance, group)


def test_harvested_frames_are_training_data():
    clusters()
    ini("a.ini", BASE, OTHER, teacher__every=20, teacher__policy="harvest",
        teacher__max_force_error="0.002 eV/A")
    ok("run", "a.ini")
    rows = rows_of("out")
    wanted = [r for r in rows if r["action"] == "harvested"]
    expect(all((r["force_max_eV_A"] > 0.002) == (r["action"] == "harvested") for r in rows), rows)
    frames = ase.io.read("out/harvest.xyz", ":")
    expect(0 < len(wanted) == len(frames), len(wanted), len(frames))
    for row, frame, right in zip(wanted, frames, energy_of(frames, OTHER), strict=True):
        expect((frame.info["step"], frame.info["replica"]) == (row["step"], row["replica"]), row)
        expect(abs(frame.info["REF_energy"] - row["teacher_eV"]) < 1e-10, row, frame.info)
        expect(abs(frame.info["REF_energy"] - right.get_potential_energy()) < 1e-9)
        expect(np.abs(frame.arrays["REF_forces"] - right.get_forces()).max() < 1e-10)
        expect(frame.calc is None, "energy and forces that are not the student's nor the file's")


def test_handed_over_replicas_move_by_the_teacher():
    """From step 0 on the same trajectory as a run with the teacher alone."""
    clusters()
    ini("a.ini", BASE, OTHER, FORCES, teacher__policy="handover", teacher__every=20,
        teacher__max_force_error="1e-6 eV/A", teacher__min_steps=1000)
    pure = {k.replace("teacher", "potential"): v for k, v in OTHER.items()}
    ini("b.ini", {**BASE, **pure}, FORCES, output__directory="pure")
    ok("run", "a.ini")
    ok("run", "b.ini")
    for replica in (0, 1):
        ours = ase.io.read(f"out/trajectory.r{replica:04d}.xyz", ":")
        right = ase.io.read(f"pure/trajectory.r{replica:04d}.xyz", ":")
        expect(len(ours) == len(right) == 21)
        for k, (a, b) in enumerate(zip(ours, right)):
            expect(np.abs(a.positions - b.positions).max() < 1e-9, "frame", k, "of", replica)
            expect(a.info["driver"] == ("teacher" if k else "student"), a.info)
            if k:
                expect(np.abs(a.get_forces() - b.get_forces()).max() < 1e-9)
                expect(abs(a.get_potential_energy() - b.get_potential_energy()) < 1e-9)
    rows = rows_of("out")
    expect({r["action"] for r in rows if r["step"] == 0} == {"handover"}, rows[:2])
    expect({(r["action"], r["driver"]) for r in rows if r["step"] > 0} == {("held", "teacher")})
    # A row of a replica with the teacher still says what both think of it.
    frames = [f for f in ase.io.read("out/trajectory.r0001.xyz", ":") if f.info["step"] % 20 == 0]
    mine = [r for r in rows if r["replica"] == 1]
    for row, s, t in zip(mine, energy_of(frames, LJ, "s"), energy_of(frames, OTHER, "t"), strict=True):
        expect(abs(row["student_eV"] - s.get_potential_energy()) < 1e-9, row)
        expect(abs(row["teacher_eV"] - t.get_potential_energy()) < 1e-9, row)
        wrong = np.abs(s.get_forces() - t.get_forces())
        expect(abs(row["force_max_eV_A"] - wrong.max()) < 1e-9, row)
    expect(json_of("out/audit.json")["verdict"] == "The student moved no replica that was looked at.")
    ok("audit", "out", "--teacher.discard=0")
    report = json_of("out/audit_frames.json")
    expect(report["all"]["samples"] == 2 and report["all"]["samples_moved_by_teacher"] == 40, report)


HANDOVER = {**OTHER, "teacher.policy": "handover", "teacher.every": 10, "teacher.min_steps": 20,
            "teacher.max_force_error": "0.02 eV/A", "teacher.release": 0.8}


def test_one_replica_is_handed_over_and_returns():
    """The dense cluster expands: it goes to the teacher and comes back; the loose one never."""
    clusters()
    ini("a.ini", BASE, HANDOVER)
    ini("b.ini", BASE, output__directory="alone")
    ok("run", "a.ini")
    ok("run", "b.ini")
    same_files("out", "alone", ["trajectory.r0000.nc"])  # not a bit changed by its neighbor's fate
    rows = rows_of("out")
    expect({r["action"] for r in rows if r["replica"] == 0} == {"none"}, "replica 0 was touched")
    dense = [r for r in rows if r["replica"] == 1]
    actions = [r["action"] for r in dense]
    expect(actions[0] == "handover" and "held" in actions and "returned" in actions, actions)
    back = actions.index("returned")
    expect(dense[back]["step"] - dense[0]["step"] >= 20, dense[back])
    expect(dense[back]["force_max_eV_A"] < 0.8 * 0.02, dense[back])
    expect(all(r["force_max_eV_A"] >= 0.8 * 0.02 or r["step"] < 20
               for r in dense[1:back]), dense[:back])
    driver = {r["step"]: r["driver"] for r in dense}
    frames = ase.io.read("out/trajectory.r0001.xyz", ":")
    expect(all(f.info["driver"] == driver[f.info["step"]] for f in frames), "drivers of frames")
    expect({f.info["driver"] for f in frames} == {"student", "teacher"})
    # The total energy jumps with the driver and is that of the potential that moved the replica.
    for frame, s, t in zip(frames, energy_of(frames, LJ, "s"), energy_of(frames, OTHER, "t")):
        right = t if frame.info["driver"] == "teacher" else s
        expect(abs(frame.get_potential_energy() - right.get_potential_energy()) < 1e-9, frame.info)


def test_stopped_replicas_are_quarantined():
    clusters()
    ini("a.ini", BASE, OTHER, teacher__every=20, teacher__policy="stop",
        teacher__max_force_error="0.02 eV/A")
    ini("b.ini", BASE, output__directory="alone")
    done = ok("run", "a.ini", code=3)
    ok("run", "b.ini")
    expect("teacher" in done.stderr and "warning: replica 1 " in done.stderr, done.stderr)
    same_files("out", "alone", ["trajectory.r0000.nc"])
    summary = json_of("out/summary.json")["replicas"]
    expect([r["status"] for r in summary] == ["finished", "quarantined"], summary)
    expect("teacher" in summary[1]["fault"], summary[1])
    step = summary[1]["steps"]
    last = [r for r in rows_of("out") if r["replica"] == 1][-1]
    expect(last["action"] == "quarantined" and last["step"] == step, last)
    log = [r for r in read_log("out") if r["replica"] == "1" and int(r["step"]) > step]
    expect(log and {r["status"] for r in log} == {"quarantined"}, log[:1])
    ok("run", "a.ini", "--output.directory=all", "--teacher.max_force_error=1e-7 eV/A", code=4)


def test_turns_and_budget():
    clusters()
    ini("a.ini", BASE, OTHER, teacher__every=10, teacher__replicas=1, system__replicas=2,
        output__directory="turns")
    ok("run", "a.ini")
    expect([r["replica"] for r in rows_of("turns")] == [k % 4 for k in range(21)])
    ok("run", "a.ini", "--teacher.budget=1e-9", "--output.directory=poor")
    expect([r["step"] for r in rows_of("poor")] == [0], "audits beyond the budget")
    expect(json_of("poor/audit.json")["skipped_for_the_budget"] == 20)
    ok("run", "a.ini", "--teacher.budget=100", "--output.directory=rich")
    expect(len(rows_of("rich")) == 21)


def test_a_restart_leaves_the_same_files():
    clusters()
    keys = {**BASE, **HANDOVER, "integrator.steps": 150, "teacher.replicas": 1, "system.replicas": 2,
            "teacher.min_steps": 60}
    names = ["audit.csv", "log.csv", *(f"trajectory.r000{r}.xyz" for r in range(4)),
             *(f"trajectory.r000{r}.nc" for r in range(4))]
    ini("whole.ini", keys, output__directory="whole")
    ok("run", "whole.ini")
    actions = [r["action"] for r in rows_of("whole")]
    expect("handover" in actions and "held" in actions, actions)
    ini("parts.ini", keys, output__directory="parts", integrator__steps=33)
    ok("run", "parts.ini")
    for steps in (50, 77, 150):
        ok("restart", "parts", f"--integrator.steps={steps}")
    same_files("whole", "parts", names)
    a, b = json_of("whole/audit.json"), json_of("parts/audit.json")
    for key in ("all", "ensembles", "replicas", "verdict"):
        expect(a[key] == b[key], key, a[key], b[key])
    # A checkpoint that is older than the files: they are cut back to it.
    harvest = {**BASE, **OTHER, "teacher.every": 10, "teacher.policy": "harvest",
               "teacher.max_force_error": "0.001 eV/A"}
    ini("h.ini", harvest, output__directory="h1")
    ini("i.ini", harvest, output__directory="h2", integrator__steps=60)
    ok("run", "h.ini")
    ok("run", "i.ini")
    os.replace("h2/checkpoint.nc.1", "h2/checkpoint.nc")  # the one of step 0
    ok("restart", "h2", "--integrator.steps=200")
    same_files("h1", "h2", ["audit.csv", "harvest.xyz", "log.csv"])


def test_an_audit_afterwards():
    clusters()
    ini("a.ini", BASE, system__replicas=2)
    ok("run", "a.ini")
    flags = [f"--{k}={v}" for k, v in OTHER.items()]
    done = ok("audit", "out", *flags)
    ini("b.ini", BASE, OTHER, system__replicas=2, teacher__every=10, output__directory="watched")
    ok("run", "b.ini")
    after, during = json_of("out/audit.json"), json_of("watched/audit.json")
    expect(after["verdict"] in done.stdout and after["source"].startswith("trajectory.r0000.xyz"), after)
    rows = rows_of("watched")
    check_report("out/audit.json", rows, 30, [20, 20, 18, 18], 1e-8)
    expect(after["all"]["samples"] == during["all"]["samples"] == 80)
    # AMBER NetCDF has float32 positions; a file for all, and one for each.
    for layout in ("separate", "packed"):
        folder = f"{layout}_nc"
        ok("run", "a.ini", f"--output.layout={layout}", "--output.trajectory=amber",
           f"--output.directory={folder}")
        ok("audit", folder, *flags)
        check_report(f"{folder}/audit.json", rows, 30, [20, 20, 18, 18], 2e-6)
    # A run that had a teacher needs none; another one can be asked; keys of it can be changed.
    ok("audit", "watched")
    check_report("watched/audit_frames.json", rows, 30, [20, 20, 18, 18], 1e-8)
    ok("audit", "watched", "--teacher.epsilon=0.0104 eV")
    expect(json_of("watched/audit_frames.json")["all"]["force_max_eV_A"] < 1e-12)
    ok("audit", "watched", "--teacher.name=harmonic", "--teacher.stiffness=1")
    expect(json_of("watched/audit_frames.json")["all"]["force_max_eV_A"] > 0.1)
    expect(json_of("watched/audit.json") == during, "what the run said of itself was changed")
    ok("audit", "watched", "--teacher.discard=1 ns")
    report = json_of("watched/audit_frames.json")
    expect(report["verdict"].startswith("Nothing was looked at"), report["verdict"])
    expect(report["all"]["force_max_eV_A"] is None and not report["supported"], report["all"])


def test_an_audit_of_a_liquid_afterwards():
    xyz("ar.xyz", argon(3))
    ini("a.ini", BASE, OTHER, output__trajectory="amber", integrator__steps=40, teacher__every=10)
    ok("run", "a.ini")
    rows = rows_of("out")
    ok("audit", "out")
    entry, = json_of("out/audit_frames.json")["replicas"]
    d = np.mean([r["student_eV"] - r["teacher_eV"] for r in rows if r["step"] > 0])
    expect(abs(entry["energy_offset_eV"] - d) < 1e-4, entry, d)


def test_a_network_and_its_teacher():
    """PaiNN handed over to a TorchScript model, and an audit with float32 against float64."""
    water, model = SOURCE / "inputs/audit_water/water_pentamer.xyz", SOURCE / "tests/data/pair_ani.ts"
    network = {**BASE, "system.structure": water, **dict.fromkeys(LJ), "potential.name": "painn",
               "potential.model": STUDENT, "integrator.time_step": "0.25 fs", "system.replicas": 2,
               "integrator.steps": 20,
               "safety.max_temperature": "off"}  # of this teacher, water is an explosion
    teacher = {"name": "torchscript", "model": model, "adapter": "ani", "precision": "float64"}
    watched = {**network, **{f"teacher.{k}": v for k, v in teacher.items()}, "teacher.every": 10}
    ini("a.ini", watched, teacher__policy="handover", teacher__max_force_error="1e-3 eV/A")
    ini("b.ini", network, {f"potential.{k}": v for k, v in teacher.items()}, output__directory="pure")
    ok("run", "a.ini")
    ok("run", "b.ini")
    for a, b in zip(ase.io.read("out/trajectory.r0001.xyz", ":"),
                    ase.io.read("pure/trajectory.r0001.xyz", ":"), strict=True):
        expect(np.abs(a.positions - b.positions).max() < 1e-6, a.info)
    ok("audit", "out")  # from the resolved input.ini
    ok("restart", "out", "--integrator.steps=22")
    ok("restart", "pure", "--integrator.steps=22")
    ini("c.ini", network, output__directory="later")
    ok("run", "c.ini")
    ok("audit", "later", "--teacher.name=painn", f"--teacher.model={STUDENT}", "--teacher.precision=float64")
    report = json_of("later/audit.json")
    expect(report["all"]["samples"] == 4 and 0 < report["all"]["force_max_eV_A"] < 1e-3, report)
    expect(report["ensembles"][0]["effective_sample_size"] > 3.99, report)


def test_wrong_input():
    clusters()
    ini("a.ini", BASE, OTHER)
    for keys, words in (
            (["--teacher.every=0"], "teacher.every"),
            (["--teacher.policy=harvest"], "teacher.max_force_error"),
            (["--teacher.policy=watch"], "teacher.policy"),
            (["--teacher.name=lenard_jones"], "teacher.name"),
            (["--teacher.sigma=-1"], "teacher.sigma"),
            (["--teacher.stiffness=1"], "teacher.stiffness"),
            (["--teacher.replicas=none"], "teacher.replicas"),
            (["--teacher.budget=-1"], "teacher.budget"),
            (["--teacher.min_steps=5"], "teacher.min_steps"),
            (["--teacher.max_force_error=2 A"], "teacher.max_force_error")):
        done = ok("run", "a.ini", *keys, code=2)
        expect(words in done.stderr and done.stderr.count("\n") == 1, keys, done.stderr)
    ini("b.ini", BASE, teacher__every=10)
    expect("teacher.name" in ok("run", "b.ini", code=2).stderr)
    ini("c.ini", BASE, teacher__name="painn", teacher__model="no.safetensors")
    expect("no.safetensors" in ok("run", "c.ini", code=2).stderr)
    expect(not os.path.exists("out"), "a folder was made")
    ini("d.ini", BASE, output__trajectory="none", integrator__steps=10)
    ok("run", "d.ini")
    flags = [f"--{k}={v}" for k, v in OTHER.items()]
    for arguments, words in ((["audit"], "folder"), (["audit", "nowhere"], "nowhere"),
                             (["audit", "out"], "teacher.name"), (["audit", "out", *flags], "trajectory"),
                             (["audit", "out", *flags, "--integrator.steps=3"], "integrator.steps"),
                             (["audit", "out", *flags, "--teacher.policy=harvest"], "teacher.policy")):
        done = ok(*arguments, code=2)
        expect(words in done.stderr and done.stderr.count("\n") == 1, arguments, done.stderr)


main(test_a_teacher_equal_to_the_student_finds_nothing, test_every_number_of_the_log,
     test_harvested_frames_are_training_data, test_handed_over_replicas_move_by_the_teacher,
     test_one_replica_is_handed_over_and_returns, test_stopped_replicas_are_quarantined,
     test_turns_and_budget, test_a_restart_leaves_the_same_files, test_an_audit_afterwards,
     test_an_audit_of_a_liquid_afterwards, test_a_network_and_its_teacher, test_wrong_input)
