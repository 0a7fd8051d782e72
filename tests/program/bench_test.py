"""bench: the structure of what it writes, never how fast it is."""

import os

from harness import *

WATER = (["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], None)
METHANE = (["C", "H", "H", "H", "H"], [[0, 0, 0], [.63, .63, .63], [-.63, -.63, .63],
                                       [-.63, .63, -.63], [.63, -.63, -.63]], None)
QUICK = ["--bench.trials=2", "--bench.warm_up=1", f"--run.device={DEVICE}", "--run.threads=1",
         "--system.structure=in.xyz", "--output.directory=out"]


def check(result, roles, names):
    expect([m["role"] for m in result["models"]] == roles, result["models"])
    expect([r["name"] for r in result["results"]] == names, result["results"])
    for row in result["results"]:
        for role in roles:
            t = row[role]
            expect(0 < t["min_ms"] <= t["quarter_ms"] <= t["median_ms"] <= t["three_quarters_ms"], row)
        expect(("speed_up" in row) == (len(roles) == 2), row)
    expect(result["published"]["teacher, one molecule"] == 37.33, "published figures")


def test_two_models():
    xyz("in.xyz", WATER, METHANE)
    done = ok("bench", f"--bench.student={STUDENT}", f"--bench.teacher={STUDENT}",
              "--bench.batches=1, 3", "--bench.atoms=10", *QUICK)
    names = ["alone: H2O", "alone: CH4", "batch of 1", "batch of 3", "(H2O)n of 9 atoms"]
    result = json_of("out/bench.json")
    check(result, ["student", "teacher"], names)
    expect([r["atoms"] for r in result["results"]] == [3, 5, 3, 11, 9], result["results"])
    expect(int(result["models"][0]["parameters"]) > 0, result["models"])
    expect(sorted(os.listdir("out")) == ["bench.json", "bench.log"], os.listdir("out"))
    expect(open("out/bench.log").read() in done.stdout, "the log is what was printed")
    ok("bench", f"--bench.student={STUDENT}", *QUICK, code=2)  # not empty


def test_a_student_alone():
    xyz("in.xyz", WATER)
    ok("bench", f"--bench.student={STUDENT}", "--bench.batches=2", "--bench.atoms=3", *QUICK)
    check(json_of("out/bench.json"), ["student"],
          ["alone: H2O", "batch of 2", "(H2O)n of 3 atoms"])


def test_wrong_input():
    xyz("in.xyz", WATER)
    for options, words in ((["--bench.student=gone.safetensors"], ["bench.student", "gone"]),
                           ([], ["bench.student"]),
                           ([f"--bench.student={STUDENT}", "--bench.batches=0"], ["bench.batches"]),
                           ([f"--bench.student={STUDENT}", "--bench.trials=0"], ["bench.trials"])):
        given = {o.split("=")[0] for o in options}
        done = ok("bench", *options, *[q for q in QUICK if q.split("=")[0] not in given], code=2)
        expect(len(done.stderr.splitlines()) == 1, done.stderr)
        for word in words:
            expect(word in done.stderr, word, done.stderr)
    expect(not os.path.exists("out"), "a folder was made")
    done = ok("energy", "--bench.trials=3", "--system.structure=in.xyz", "--output.file=o.xyz",
              *[f"--{k}={v}" for k, v in HARMONIC.items()], code=2)
    expect("bench.trials" in done.stderr and "understudy bench" in done.stderr, done.stderr)


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
