"""A student that estimates its own error: how a file comes to that, what a run makes of it."""

import csv
import json
import os

import ase.io
from harness import *

WATER = (["O", "H", "H"], [[0, 0, 0.066], [0, 0.761, -0.526], [0, -0.761, -0.526]], None)
TORN = (["O", "H", "H"], [[0, 0, 0.066], [0, 0.96, -0.65], [0, -0.761, -0.526]], None)  # one bond of 1.2 A
OTHER = SOURCE / "inputs/models/student_small.safetensors"
SAMPLE = {"potential.name": "painn", "potential.model": OTHER, **NVT, "integrator.time_step": "0.5 fs",
          "integrator.friction": "20 /ps", "system.structure": "in.xyz", "system.replicas": 8,
          "integrator.steps": 300, "integrator.temperature": "ladder(200 K, 600 K)", "output.every": 10}
MODEL = "fit/student.safetensors"
RUN = {"potential.name": "painn", "potential.model": MODEL, **NVT, "integrator.time_step": "0.5 fs",
       "integrator.temperature": "300 K", "integrator.steps": 40, "system.structure": "in.xyz",
       "output.log_every": 10, "output.every": 20, "output.trajectory": "extxyz", "output.directory": "out",
       "run.device": DEVICE}


def silent(path):
    """The student without what it says of its own error."""
    header, data = read_safetensors(STUDENT)
    kept, whole = {"__metadata__": header.pop("__metadata__")}, b""
    for name, tensor in header.items():
        if not name.startswith("uncertainty."):
            begin, end = tensor["data_offsets"]
            kept[name] = {**tensor, "data_offsets": [len(whole), len(whole) + end - begin]}
            whole += data[begin:end]
    write_safetensors(path, kept, whole)
    return path


def fit():
    xyz("water.xyz", WATER)
    ini("sample.ini", SAMPLE, output__directory="unused", system__structure="water.xyz")
    ini("fit.ini", {"potential.name": "painn", "potential.model": OTHER, "distill.samples": "sample.ini",
                    "distill.initial": STUDENT, "distill.epochs": 0, "distill.validation": 0.3,
                    "distill.stretched": 0, "run.threads": 2, "output.directory": "fit"})
    return ok("distill", "fit.ini")


def log(folder="out"):
    return list(csv.DictReader(open(f"{folder}/log.csv")))


def energies(model, name, *more):
    ok("energy", "--system.structure=in.xyz", f"--output.file={name}", "--potential.name=painn",
       f"--potential.model={model}", f"--run.device={DEVICE}", *more)
    return ase.io.read(name, ":")


def test_a_fitted_student_says_it_everywhere():
    expect("uncertainty" in fit().stdout, "not reported")
    xyz("in.xyz", WATER, TORN)
    plain = energies(silent("silent.safetensors"), "plain.xyz")
    frames = energies(MODEL, "own.xyz")
    for a, b in zip(plain, frames):
        expect(a.get_potential_energy() == b.get_potential_energy(), "the energy has changed")
        expect((a.get_forces() == b.get_forces()).all(), "the forces have changed")
        expect("uncertainty" not in a.info, a.info)
    normal, torn = (f.info["uncertainty"] for f in frames)
    expect(torn > 5 * normal > 0, normal, torn)
    expect(frames[1].info["uncertainty_atom"] in (1, 2), frames[1].info)
    ini("run.ini", RUN)
    checked = ok("check", "run.ini")
    expect("# uncertainty: at most" in checked.stdout and "replica 1" in checked.stdout, checked.stdout)
    done = ok("run", "run.ini")
    rows = log()
    expect(list(rows[0])[-4:] == ["name", "target_temperature_K", "uncertainty_eV_A", "uncertainty_atom"], rows[0])
    expect(len(rows) == 10, len(rows))
    for row, frame in zip(rows[:2], frames):
        expect(abs(float(row["uncertainty_eV_A"]) - frame.info["uncertainty"]) <= 1e-6, row)
        expect(int(row["uncertainty_atom"]) == frame.info["uncertainty_atom"], row)
    said = [line for line in done.stderr.splitlines() if "expects its forces to be off" in line]
    expect(len(said) == 1 and said[0].startswith("warning: replica 1"), done.stderr)
    summary = json.load(open("out/summary.json"))["uncertainty"]
    for r, most in enumerate(summary["largest_eV_A"]):
        own = max(float(row["uncertainty_eV_A"]) for row in rows if row["replica"] == str(r))
        expect(abs(own - most) < 1e-6, own, most)
    expect(normal < summary["threshold_eV_A"] < torn, summary)
    # Read again, what it said is another's.
    ok("energy", "--system.structure=own.xyz", "--output.file=again.xyz", "--potential.name=painn",
       f"--potential.model={MODEL}")
    text = open("again.xyz").read().splitlines()[1]
    expect(text.count(" uncertainty=") == 1 and "reference_uncertainty=" in text, text)


def test_a_bound_puts_aside_what_it_doubts():
    fit()
    xyz("in.xyz", WATER, TORN)
    frames = energies(MODEL, "own.xyz")
    between = (frames[0].info["uncertainty"] * frames[1].info["uncertainty"])**0.5
    ini("run.ini", RUN, safety__max_uncertainty=f"{between} eV/A")
    ok("run", "run.ini", code=3)
    states = [(row["status"], row["uncertainty_eV_A"] != "") for row in log() if row["replica"] == "1"]
    expect(states == [("quarantined", False)] * 5, states)
    good = [row for row in log() if row["replica"] == "0"]
    expect(all(row["status"] == "running" and row["uncertainty_eV_A"] for row in good), good)
    bad = json.load(open("out/summary.json"))["replicas"][1]
    expect("safety.max_uncertainty" in bad["fault"] and bad["fault_step"] == 0, bad)
    expect(os.path.exists("out/quarantine.r0001.xyz"), "no quarantine file")


def test_a_restart_goes_on_as_if_nothing_had_been():
    fit()
    xyz("in.xyz", WATER, TORN)
    ini("run.ini", RUN)
    ok("run", "run.ini", "--output.directory=whole")
    ok("run", "run.ini", "--integrator.steps=20")
    again = ok("restart", "out", "--integrator.steps=40")
    expect(open("out/log.csv").read() == open("whole/log.csv").read(), "another log")
    expect("expects its forces" not in again.stderr, "warned twice")
    a, b = (json.load(open(f"{d}/summary.json"))["uncertainty"] for d in ("out", "whole"))
    expect(a == b, a, b)


def test_the_teacher_is_asked_where_the_student_doubts():
    fit()
    xyz("in.xyz", WATER, TORN)
    ini("run.ini", RUN, teacher__name="painn", teacher__model=OTHER, teacher__every=10,
        teacher__when="uncertainty")
    ok("run", "run.ini")
    asked = {(int(r["step"]), r["replica"]) for r in csv.DictReader(open("out/audit.csv"))}
    threshold = json.load(open("out/summary.json"))["uncertainty"]["threshold_eV_A"]
    doubtful = {(int(r["step"]), r["replica"]) for r in log() if float(r["uncertainty_eV_A"]) > threshold}
    expect(asked == doubtful and (0, "1") in asked, asked, doubtful)
    ok("run", "run.ini", "--teacher.max_uncertainty=1e9", "--output.directory=never")
    expect(len(open("never/audit.csv").read().splitlines()) == 1, "asked without doubt")


def test_what_cannot_say_it_is_not_asked():
    xyz("in.xyz", WATER)
    ini("run.ini", {**RUN, "potential.model": silent("silent.safetensors")})
    ok("run", "run.ini")
    expect("uncertainty" not in open("out/log.csv").readline(), "columns of nothing")
    for key in ("safety.max_uncertainty=0.1 eV/A", "teacher.when=uncertainty"):
        refused = ok("run", "run.ini", f"--{key}", "--teacher.name=painn", f"--teacher.model={OTHER}",
                     "--output.directory=not", code=2)
        expect(key.split("=")[0] in refused.stderr and len(refused.stderr.splitlines()) == 1, refused.stderr)
        expect(not os.path.exists("not"), "half written")
    ini("fit.ini", {"potential.name": "painn", "potential.model": OTHER, "distill.structures": "in.xyz",
                    "distill.epochs": 0, "output.directory": "fit"})
    refused = ok("distill", "fit.ini", code=2)
    expect("distill.epochs" in refused.stderr and "distill.initial" in refused.stderr, refused.stderr)


main(test_a_fitted_student_says_it_everywhere, test_a_bound_puts_aside_what_it_doubts, test_a_restart_goes_on_as_if_nothing_had_been, test_the_teacher_is_asked_where_the_student_doubts, test_what_cannot_say_it_is_not_asked)
