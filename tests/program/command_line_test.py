"""Keys on the command line: of one stage, of all, and without an input file."""

import pathlib

from harness import *

BASE = {"system.structure": "ar.xyz", **LJ, **NVT, "integrator.steps": "4", "output.every": "2",
        "run.device": DEVICE, "output.directory": "out"}


def options(keys, **own):
    keys = {**keys, **{k.replace("__", "."): v for k, v in own.items()}}
    return [f"--{key}={value}" for key, value in keys.items() if value is not None]


def refused(*arguments, words):
    before = snapshot(".")
    done = ok(*arguments, code=2)
    expect(len(done.stderr.splitlines()) == 1, done.stderr)
    for word in words:
        expect(word in done.stderr, f"{arguments}: no '{word}' in {done.stderr}")
    expect(snapshot(".") == before, arguments, "left something behind")


def two_stages():
    xyz("ar.xyz", argon(2, vacancies=1))
    ini("one.ini", BASE, output__directory="one")
    ini("two.ini", BASE, output__directory="two", system__structure=None)


def steps(folder):
    return json_of(f"{folder}/summary.json")["replicas"][0]["steps"]


def test_a_key_of_one_stage():
    two_stages()
    ok("run", "one.ini", "two.ini", "--integrator.steps=2", "--2.integrator.steps=6",
       "--1.output.directory=a", "--2.output.directory=b", "--2.output.trajectory", "none")
    expect((steps("a"), steps("b")) == (2, 6), steps("a"), steps("b"))
    expect(os.path.exists("a/trajectory.nc") and not os.path.exists("b/trajectory.nc"))
    expect(not os.path.exists("one") and not os.path.exists("two"))
    # A time in place of the steps that all have, whichever stands first.
    ok("run", "one.ini", "two.ini", "--2.integrator.time=10 fs", "--integrator.steps=3")
    expect((steps("one"), steps("two")) == (3, 5), steps("one"), steps("two"))
    shown = ok("check", "one.ini", "two.ini", "--output.overwrite=yes", "--2.output.log_every=7").stdout
    expect(shown.count("log_every = 100") == 1 and shown.count("log_every = 7") == 1, shown)
    ok("run", "one.ini", "--1.output.directory=c")
    expect(steps("c") == 4)


def test_a_key_of_a_stage_that_is_not_there():
    two_stages()
    both = ["run", "one.ini", "two.ini"]
    for arguments, words in [
        ([*both, "--3.output.every=2"], ["3.output.every", "no stage 3, only 2"]),
        (["check", "one.ini", "--2.output.every=2"], ["2.output.every", "only one"]),
        ([*both, "--0.output.every=2"], ["0.output.every", "counted from 1"]),
        ([*both, "--99999999999.output.every=2"], ["no such stage"]),
        ([*both, "--2.output.evry=2"], ["--2.output.evry", "did you mean --2.output.every?"]),
        ([*both, "--2.every=2"], ["--2.output.every"]),
        ([*both, "--2.output.every=2", "--2.output.every=3"], ["2.output.every", "twice"]),
        ([*both, "--2.integrator.steps=2", "--2.integrator.time=3 fs"], ["both"]),
        ([*both, "--2.output.every="], ["output.every", "no value"]),
        ([*both, "--2.output.every=x"], ["command line, stage 2: output.every", "x"]),
        ([*both, "--2.output.every= "], ["2.output.every", "--2.output.every=default"]),
        (["restart", "out", "--1.integrator.steps=9"], ["restart", "no stages", "--integrator.steps=VALUE"]),
        (["energy", "--1.output.file=e.xyz"], ["energy", "no stages"]),
        ([*both, "--output.directory=both"], ["output.directory", "same folder", "--2.output.directory="]),
        ([*both, "--2.output.directory=one"], ["same folder", "--2.output.directory="]),
    ]:
        refused(*arguments, words=words)


def test_a_run_without_a_file():
    xyz("ar.xyz", argon(2, vacancies=1))
    ini("run.ini", BASE, output__directory="file")
    ok("run", "run.ini")
    ok("run", *options(BASE))
    same_files("out", "file")
    ok("run", "out/input.ini", "--output.directory=again")
    same_files("again", "out")
    ok("restart", "out", "--integrator.steps=8")
    expect(steps("out") == 8)
    os.mkdir("below")
    ok("run", *options(BASE, system__structure="../ar.xyz"), cwd="below")
    same_files("below/out", "file")
    before = snapshot(".")
    shown = ok("check", *options(BASE, output__directory="new")).stdout
    expect("structure = " + os.path.abspath("ar.xyz") in shown and snapshot(".") == before, shown)


def test_what_is_missing_without_a_file():
    xyz("ar.xyz", argon(2, vacancies=1))
    for verb in ("run", "check"):
        for key in ("system.structure", "potential.name", "potential.epsilon", "integrator.method",
                    "integrator.steps", "integrator.temperature", "output.directory"):
            refused(verb, *options(BASE, **{key.replace(".", "__"): None}), words=[key, "missing"])
        refused(verb, words=["input file", "--section.key=value"])


def test_check_of_a_folder_that_has_results():
    xyz("ar.xyz", argon(2, vacancies=1))
    ini("run.ini", BASE)
    note = "# output.directory: "
    expect(note not in ok("check", "run.ini").stdout)
    ok("run", "run.ini")
    before = snapshot(".")
    done = ok("check", "run.ini")
    line = [s for s in done.stdout.splitlines() if s.startswith(note)]
    expect(len(line) == 1 and not done.stderr, done.stdout, done.stderr)
    for word in (os.path.abspath("out"), "--output.overwrite=yes", "restart"):
        expect(word in line[0], line[0])
    expect(note not in ok("check", "run.ini", "--output.overwrite=yes").stdout)
    expect(snapshot(".") == before)
    refused("run", "run.ini", words=["not empty", "--output.overwrite=yes"])
    os.mkdir("empty")
    expect(note not in ok("check", "run.ini", "--output.directory=empty").stdout)
    refused("check", "run.ini", "--output.directory=ar.xyz", words=["ar.xyz", "is a file"])


def test_a_value_of_the_file_is_left_out():
    xyz("ar.xyz", argon(2, vacancies=1))
    ini("run.ini", BASE, output__log_every=3, integrator__seed=7)
    shown = ok("check", "run.ini", "--output.log_every=default", "--integrator.seed=default").stdout
    expect("log_every = 100" in shown and "seed = 2026" in shown, shown)
    refused("run", "run.ini", "--integrator.steps=default", words=["integrator.steps", "missing"])
    refused("run", "run.ini", "--integrator.seed=", words=["integrator.seed", "no value", "=default"])
    ok("run", "run.ini", "--integrator.steps=default", "--integrator.time=6 fs")
    expect(steps("out") == 3 and "steps" not in pathlib.Path("out/input.ini").read_text())


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
