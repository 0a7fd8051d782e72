"""distill: from a teacher to a student file, stopped and continued, and what it refuses."""

import csv
import json

import ase.io
from harness import *

WATER = (["O", "H", "H"], [[0, 0, 0.066], [0, 0.761, -0.526], [0, -0.761, -0.526]], None)
AMMONIA = (["N", "H", "H", "H"], [[0, 0, 0.069], [0, 0.939, -0.318], [0.813, -0.469, -0.318],
                                  [-0.813, -0.469, -0.318]], None)
TEACHER = {"potential.name": "painn", "potential.model": STUDENT}
SAMPLE = {**TEACHER, **NVT, "integrator.time_step": "0.5 fs", "integrator.friction": "20 /ps",
          "system.structure": "in.xyz", "system.replicas": 3, "integrator.steps": 60,
          "integrator.temperature": "ladder(200 K, 600 K)", "output.every": 10}
SMALL = {"distill.samples": "sample.ini", "distill.channels": 16, "distill.layers": 2,
         "distill.radial": 8, "distill.cutoff": "4 A", "distill.epochs": 4, "distill.batch": 8,
         "distill.warmup": 5, "distill.validation": 0.2, "run.threads": 2}


def metadata(path):
    return read_safetensors(path)[0]["__metadata__"]


def distances(x):
    return np.array([np.linalg.norm(x[i] - x[j]) for i in range(len(x)) for j in range(i)])


def tensors(path):
    header, data = read_safetensors(path)
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])], "<f8")
            for name, entry in header.items() if name != "__metadata__"}


def learned(path):
    """Interatomic distances of every structure of a dataset."""
    t = tensors(path)
    x, first = t["positions"].reshape(-1, 3), t["first_atom"].astype(int)
    return [distances(x[a:b]) for a, b in zip(first, first[1:])]


def prepare(sample={}, **own):
    xyz("in.xyz", WATER, AMMONIA)
    ini("sample.ini", {**SAMPLE, **sample}, output__directory="unused")
    ini("test.ini", SAMPLE, output__directory="unused", integrator__seed=7, system__replicas=1)
    ini("explore.ini", SAMPLE, output__directory="unused", integrator__seed=8)
    ini("distill.ini", TEACHER, SMALL, output__directory="out", **own)


def test_a_student_with_its_history():
    prepare({"system.replicas": 6, "integrator.steps": 200, "output.every": 5},
            distill__test_samples="test.ini", distill__epochs=80, distill__learning_rate="3e-3",
            distill__stretched=0, distill__average=0.95)
    done = ok("distill", "distill.ini")
    expect("test system" in done.stdout and "H2O" in done.stdout and "H3N" in done.stdout, done.stdout)
    rows = list(csv.DictReader(open("out/learning_curve.csv")))
    expect(len(rows) == 80, len(rows))
    first, last = (float(rows[k]["validation_force_mae_eV_A"]) for k in (0, -1))
    expect(last < 0.6 * first, "validation error", first, last)
    note = metadata("out/student.safetensors")
    for key in ("teacher", "teacher_sha256", "data_sha256", "test_force_mae_eV_A",
                "elements", "cutoff", "units" if "units" in note else "energy_unit"):
        expect(note.get(key), key, "is missing in the metadata")
    expect(note["elements"] == "H,N,O" and float(note["cutoff"]) == 4, note["elements"])
    expect(b"uncertainty.calibration" in open("out/student.safetensors", "rb").read(100_000), "no uncertainty")
    errors = {r["system"]: r for r in csv.DictReader(open("out/errors.csv"))}
    expect(set(errors) == {"H2O", "H3N", "all"}, set(errors))
    # The test errors are those of the file that was written, by the engine itself, on the frames that are new:
    # no nearer than 0.01 A to anything learned or to one before.
    known, frames = learned("out/dataset.safetensors"), []
    for k in (0, 1):
        for frame in ase.io.read(f"out/tests/test/trajectory.r000{k}.xyz", ":"):
            d = distances(frame.positions)
            if all(len(d) != len(o) or np.sqrt(np.mean((d - o)**2)) > 0.01 for o in known):
                known.append(d)
                frames.append(frame)
    ase.io.write("tests.xyz", frames, format="extxyz", columns=["symbols", "positions"])
    for name, model in (("t", STUDENT), ("s", "out/student.safetensors")):
        ok("energy", "--system.structure=tests.xyz", f"--output.file={name}.xyz",
           "--potential.name=painn", f"--potential.model={model}", "--potential.precision=float64")
    t, s = ase.io.read("t.xyz", ":"), ase.io.read("s.xyz", ":")
    error = np.mean(np.concatenate([np.abs(a.get_forces() - b.get_forces()).ravel() for a, b in zip(t, s)]))
    off = [np.linalg.norm(a.get_forces() - b.get_forces(), axis=1) for a, b in zip(t, s)]
    worst = max(range(len(off)), key=lambda k: off[k].max())
    atom = off[worst].argmax()
    expect(abs(off[worst].max() - float(errors["all"]["largest_force_error_eV_A"])) < 0.01 * off[worst].max(), errors["all"])
    expect(errors["all"]["worst_atom"] == f"{atom + 1} {t[worst].symbols[atom]}", errors["all"], atom)
    said, n = float(errors["all"]["force_mae_eV_A"]), int(errors["all"]["structures"])
    expect(n == len(frames) > 4, n, "of", len(frames), "frames are new to the training")
    expect(abs(error - said) < 0.01 * said, error, errors["all"])
    ok("models", "out/student.safetensors")


def test_stopped_and_continued_it_is_the_same():
    prepare(distill__epochs=30)
    ok("distill", "distill.ini")
    ok("distill", "distill.ini", "--output.directory=parts", "--run.max_time=0.1 s", code=75)
    for _ in range(60):
        done = call("distill", "parts", "--run.max_time=0.2 s")
        if done.returncode != 75:
            break
    expect(done.returncode == 0, done.stderr)
    expect(open("out/student.safetensors", "rb").read() == open("parts/student.safetensors", "rb").read(),
           "the students differ")
    expect(open("out/learning_curve.csv").read() == open("parts/learning_curve.csv").read(), "curves")


def test_rounds_with_a_committee():
    prepare(distill__rounds=1, distill__round_epochs=2, distill__explore="explore.ini",
            distill__committee=2, distill__objection="0.01 eV/A")
    done = ok("distill", "distill.ini")
    expect("to learn from" in done.stdout and "round 1" in done.stdout, done.stdout)
    expect(os.path.exists("out/round1/dataset.safetensors"))
    rows = list(csv.DictReader(open("out/learning_curve.csv")))
    expect([r["round"] for r in rows] == ["0"] * 4 + ["1"] * 2, rows)


def frames_of(path):
    """Structures of each group of a dataset."""
    return np.bincount(tensors(path)["group"].astype(int)).tolist()


def rattled(n, width, seed, decimals=8):
    random = np.random.default_rng(seed)
    return [(WATER[0], np.round(np.array(WATER[1]) + random.normal(0, width, (3, 3)), decimals), None)
            for _ in range(n)]


def test_near_duplicates_never_judge():
    """However many decimals a file has, and whatever file a frame stands in."""
    ini("d.ini", TEACHER, {**SMALL, "distill.samples": None, "distill.stretched": 0, "distill.rattled": 0,
                           "distill.epochs": 1}, distill__structures="train.xyz")
    xyz("train.xyz", *rattled(20, 0.1, 1))
    for decimals in (8, 5, 4):
        xyz("test.xyz", *rattled(6, 0.1, 1, decimals))
        done = ok("distill", "d.ini", f"--output.directory=d{decimals}", "--distill.test_structures=test.xyz", code=2)
        expect("distill.test_structures" in done.stderr and "none of the 6" in done.stderr, done.stderr)
        expect(len([s for s in done.stderr.splitlines() if not s.startswith("warning:")]) == 1, done.stderr)
        expect(not os.path.exists(f"d{decimals}/student.safetensors"), "a student was made")
    xyz("test.xyz", *rattled(6, 0.1, 1, 5), *rattled(4, 0.1, 2))
    done = ok("distill", "d.ini", "--output.directory=some", "--distill.test_structures=test.xyz")
    expect("4 frames to test with, 6 near" in done.stdout, done.stdout)
    xyz("again.xyz", *rattled(20, 0.1, 1, 5))
    done = ok("distill", "d.ini", "--output.directory=two", "--distill.structures=train.xyz,again.xyz",
              "--distill.validation=0.9")
    expect("20 frames to learn from, 20 near duplicates dropped" in done.stdout, done.stdout)
    xyz("train.xyz", *rattled(25, 0.001, 3), AMMONIA)
    done = ok("distill", "d.ini", "--output.directory=near")
    expect("2 frames to learn from, 24 near duplicates dropped" in done.stdout, done.stdout)
    xyz("train.xyz", *rattled(9, 0.1, 4), AMMONIA, *rattled(5, 0.1, 5))
    ok("distill", "d.ini", "--output.directory=groups")
    expect(frames_of("groups/dataset.safetensors") == [9, 1, 5], frames_of("groups/dataset.safetensors"))


def test_elements_seen_once_and_free_atoms():
    """The student can be read by every verb."""
    xyz("atoms.xyz", (["O"], [[0, 0, 0]], None), (["H"], [[0, 0, 0]], None))
    xyz("N.xyz", (["N"], [[0, 0, 0]], None))
    xyz("h2o.xyz", WATER)
    for name, files in (("once", "N.xyz, h2o.xyz"), ("alone", "h2o.xyz"), ("references", "atoms.xyz, h2o.xyz"),
                        ("free", "atoms.xyz")):
        ini("d.ini", TEACHER, {**SMALL, "distill.samples": None, "distill.epochs": 2, "distill.rattled": 0,
                               "distill.stretched": 0 if name == "alone" else 4},
            distill__structures=files, output__directory=name)
        ok("distill", "d.ini")
        ok("models", f"{name}/student.safetensors")
        ok("energy", f"--system.structure={'atoms' if name == 'free' else 'h2o'}.xyz", f"--output.file={name}.xyz",
           "--potential.name=painn", f"--potential.model={name}/student.safetensors")


def test_rounds_draw_new_random_numbers():
    prepare(distill__rounds=2, distill__round_epochs=1, distill__explore="explore.ini", distill__epochs=1,
            distill__initial=STUDENT, distill__learning_rate="1e-12", distill__round_learning_rate="1e-12",
            distill__last_learning_rate=0, distill__channels=None, distill__layers=None, distill__radial=None,
            distill__cutoff=None)
    ok("distill", "distill.ini")
    for r in range(2):  # the same student, of other velocities and noise
        a, b = (ase.io.read(f"out/round{k}/explore/trajectory.r{r:04}.xyz", "1:") for k in (1, 2))
        expect(min(np.abs(x.get_all_distances() - y.get_all_distances()).max() for x, y in zip(a, b)) > 1e-3, r)
    stages = [json_of(f"out/{k}/summary.json")["stage"] for k in ("samples/sample", "round1/explore", "round2/explore")]
    expect(len(set(stages)) == 3 and stages[0] == 1, stages)


def test_a_dataset_serves_again_and_a_student_is_a_start():
    prepare()
    ok("distill", "distill.ini")
    ini("again.ini", TEACHER, {**SMALL, "distill.samples": None, "distill.epochs": 1},
        distill__dataset="out/dataset.safetensors", distill__initial="out/student.safetensors",
        output__directory="again")
    ok("distill", "again.ini")
    rows = list(csv.DictReader(open("again/learning_curve.csv")))
    before = list(csv.DictReader(open("out/learning_curve.csv")))
    expect(float(rows[0]["validation_force_mae_eV_A"]) < 1.5 * float(before[-1]["validation_force_mae_eV_A"]))


def test_what_a_continued_distillation_refuses():
    prepare()
    ok("distill", "distill.ini")
    before = open("out/input.ini").read(), open("out/student.safetensors", "rb").read()
    for change, words in (("--distill.channels=32", ["distill.channels", "it has '16'"]),
                          ("--distill.epochs=9", ["distill.epochs", "cannot change"]),
                          ("--potential.name=lennard_jones", ["potential"])):
        done = call("distill", "out", change)
        lines = done.stderr.strip().splitlines()
        expect(done.returncode == 2 and len(lines) == 1, change, done.returncode, lines)
        expect(all(w in lines[0] for w in words), change, lines)
    expect(before[0] == open("out/input.ini").read(), "input.ini was changed")
    ok("distill", "out")
    expect(before[1] == open("out/student.safetensors", "rb").read(), "the student was changed")
    ini("other.ini", TEACHER, SMALL, distill__initial=STUDENT, output__directory="other")
    done = call("distill", "other.ini")
    expect(done.returncode == 2 and "distill.initial" in done.stderr, done.stderr)
    expect("understudy distill" in call("distill", "distill.ini").stderr, "how to go on")


def test_what_is_refused():
    prepare()
    xyz("copper.xyz", (["Cu"], [[0, 0, 0]], None))
    xyz("box.xyz", (*WATER[:2], 9))
    ini("model.ini", {**SAMPLE, "potential.model": "no.ts"}, output__directory="unused")
    ini("copper.ini", SAMPLE, output__directory="unused", system__structure="copper.xyz")
    for change, words in (
            ("--distill.test_structures=copper.xyz", ["potential.name", "copper.xyz", "has Cu"]),
            ("--distill.samples=copper.ini", ["potential.name", "copper.xyz", "has Cu"]),
            ("--distill.test_structures=box.xyz", ["distill.test_structures", "box.xyz", "periodic"]),
            ("--distill.test_samples=model.ini", ["potential.model", "model.ini", "no.ts"]),
            ("--distill.test_structures=no.xyz", ["distill.test_structures", "no.xyz", "no such file"]),
            ("--distill.batch=0", ["distill.batch", "between"]),
            ("--distill.validation=1.5", ["distill.validation", "between 0 and 1"]),
            ("--distill.rounds=1", ["distill.explore", "missing"]),
            ("--distill.dataset=nothing.safetensors", ["distill.dataset", "place"]),
            ("--distill.samples=nothing.ini", ["nothing.ini"]),
            ("--distill.learning_rate=0", ["distill.learning_rate", "above zero"]),
            ("--distill.epoch=3", ["distill.epochs"])):
        done = call("distill", "distill.ini", change, "--output.directory=refused")
        expect(done.returncode == 2, change, done.returncode, done.stderr)
        lines = done.stderr.strip().splitlines()
        expect(len(lines) == 1 and all(w in lines[0] for w in words), change, lines)
        expect(not os.path.exists("refused"), change, "left a folder")
    done = call("distill")
    expect(done.returncode == 2, done.stderr)


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
