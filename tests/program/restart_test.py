"""A run that was stopped in any way and continued leaves the same bytes as one that never stopped;
the same input gives the same bits, and a replica alone those of the replica in a batch."""

import os
import random
import re
import signal
import time

import numpy as np
from harness import *

LIQUID = {"system.structure": "ar.xyz", **LJ, "output.directory": "out", "run.device": DEVICE,
          "output.trajectory": "both", "output.velocities": "yes", "output.forces": "yes",
          "integrator.temperature": "400 K", "neighbors.skin": "0.4 A", "run.threads": "1"}


def liquid():
    xyz("ar.xyz", argon(3, spacing=5.6))


def steps_done(folder):
    rows = read_log(folder) if os.path.exists(f"{folder}/log.csv") else []
    return int(rows[-1]["step"]) if rows else -1


def interrupt(arguments, number, folder, after_step):
    """Starts a run, sends a signal once its log has come that far, and returns the exit code."""
    run = start(*arguments)
    wait_for(lambda: run.poll() is not None or (
        os.path.exists(f"{folder}/log.csv") and steps_done_quickly(folder) >= after_step))
    run.send_signal(number)
    out, err = run.communicate(timeout=HANGS)
    return run.returncode, out + err


def steps_done_quickly(folder):
    """The last whole row's step, while the file grows."""
    rows = open(f"{folder}/log.csv").read().split("\n")[1:-1]
    return int(rows[-1].split(",")[0]) if rows else -1


def compare_interrupted(settings, steps, numbers, every):
    liquid()
    liquid_file = {**LIQUID, **settings, "integrator.steps": steps, "output.every": every,
                   "output.log_every": every}
    ini("whole.ini", liquid_file, output__directory="whole")
    ini("parts.ini", liquid_file, output__directory="parts", checkpoint__every="37 steps")
    ok("run", "whole.ini")
    stops = 0
    for k, number in enumerate(numbers):
        arguments = ["run", "parts.ini"] if k == 0 else ["restart", "parts"]
        code, text = interrupt(arguments, number, "parts", (k + 1) * steps // (len(numbers) + 2))
        if number == signal.SIGKILL:
            expect(code == -signal.SIGKILL, "exit", code, text)
        else:
            expect(code == 75, "exit", code, text)
            step = json_of("parts/summary.json")["steps"]
            expect(0 < step < steps, "stopped at", step)
        stops += 1
    ok("restart", "parts")
    expect(stops == len(numbers))
    same_files("whole", "parts")
    summary = json_of("parts/summary.json")
    expect(summary["steps"] == steps, summary)
    expect([r["status"] for r in summary["replicas"]] ==
           ["finished"] * len(summary["replicas"]), summary)
    whole = json_of("whole/summary.json")["replicas"]
    expect(summary["replicas"] == whole, summary["replicas"], whole)


def test_stopped_by_signals_langevin_replicas():
    compare_interrupted({"integrator.method": "langevin", "integrator.time_step": "4 fs",
                         "system.replicas": 3, "integrator.temperature": "geometric(100 K, 500 K)"},
                        3000, [signal.SIGTERM, signal.SIGINT], 10)


def test_killed_velocity_verlet():
    compare_interrupted({"integrator.method": "velocity_verlet", "integrator.time_step": "4 fs",
                         "system.replicas": 2},
                        4000, [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM], 10)


def test_killed_packed_and_strict():
    compare_interrupted({"integrator.method": "langevin", "integrator.time_step": "4 fs",
                         "system.replicas": 3, "output.layout": "packed",
                         "run.determinism": "strict"},
                        3000, [signal.SIGTERM, signal.SIGKILL], 10)


def test_a_signal_at_any_moment_keeps_its_word():
    """128 and its number and nothing left, or 75 and a checkpoint that goes on."""
    liquid()
    ini("a.ini", LIQUID, NVT, integrator__steps=10**7)
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU]
    seen = set()
    for k in range(30):
        number = signals[k % 5]
        run = start("run", "a.ini", f"--output.directory={k}")
        time.sleep(0.004 * k if k < 25 else 0.4 * (k - 24))  # slow builds need the last ones
        run.send_signal(number)
        run.communicate(timeout=HANGS)
        # Before its first line runs, a program cannot but be ended by the signal itself.
        code = run.returncode if run.returncode >= 0 else 128 - run.returncode
        seen.add(code == 75)
        expect(code in (75, 128 + number), number, code)
        expect(os.path.exists(str(k)) == (code == 75), code, k)
        if code == 75:
            done = json_of(f"{k}/summary.json")["steps"]
            ok("restart", k, f"--integrator.steps={done + 5}")
    expect(True in seen, seen)


def test_max_time():
    liquid()
    ini("a.ini", LIQUID, NVT, integrator__steps=100000, run__max_time="1 s", output__every=50)
    done = ok("run", "a.ini", code=75)
    expect(not done.stderr.strip(), done.stderr)
    expect("restart" in done.stdout, done.stdout)
    summary = json_of("out/summary.json")
    step = summary["steps"]
    expect(0 < step < 100000 and summary["replicas"][0]["status"] == "stopped", summary)
    ok("restart", "out", f"--integrator.steps={step + 60}")
    ini("b.ini", LIQUID, NVT, integrator__steps=step + 60, output__every=50, output__directory="whole")
    ok("run", "b.ini")
    same_files("whole", "out")


def test_more_steps_twice_and_a_finished_run():
    liquid()
    ini("whole.ini", LIQUID, NVT, integrator__steps=400, output__every=7, output__log_every=13,
        output__directory="whole", system__replicas=2)
    ini("a.ini", LIQUID, NVT, integrator__time="0.2 ps", output__every=7, output__log_every=13,
        system__replicas=2)
    ok("run", "whole.ini")
    ok("run", "a.ini")
    first = snapshot("out")
    ok("restart", "out")  # nothing left to do
    now = snapshot("out")
    for name in first:
        if not re.match(r"timings|summary|input|checkpoint", name):
            expect(first[name] == now[name], "a restart without work changed", name)
    ok("restart", "out", "--integrator.steps=253")
    ok("restart", "out", "--integrator.steps=400")
    same_files("whole", "out")
    expect("steps = 400" in open("out/input.ini").read(), "input.ini does not say 400 steps")
    timings = json_of("out/timings.json")
    expect(timings["steps"] in (147, 400), timings)


def test_the_end_of_a_stage_with_one_replica():
    """The checkpoint knows a step that is no multiple of anything."""
    xyz("ar.xyz", argon(2, vacancies=1))
    base = {**LIQUID, **NVE, "potential.cutoff": "5 A"}
    ini("whole.ini", base, integrator__steps=101, output__every=10, output__directory="whole")
    ini("a.ini", base, integrator__steps=33, output__every=10)
    ok("run", "whole.ini")
    ok("run", "a.ini")
    for steps in (34, 35, 77, 101):
        ok("restart", "out", f"--integrator.steps={steps}")
    same_files("whole", "out")


def test_the_older_checkpoint_serves_when_the_newer_is_gone():
    liquid()
    ini("a.ini", LIQUID, NVT, integrator__steps=100, output__every=10, checkpoint__every="30 steps",
        checkpoint__keep=3)
    ok("run", "a.ini")
    before = {n: open(f"out/{n}", "rb").read() for n in ("trajectory.nc", "trajectory.xyz", "log.csv")}
    expect(os.path.exists("out/checkpoint.nc.1") and os.path.exists("out/checkpoint.nc.2"))
    expect(not os.path.exists("out/checkpoint.nc.3"))
    os.rename("out/checkpoint.nc.1", "out/checkpoint.nc")
    ok("restart", "out")
    for name, data in before.items():
        expect(open(f"out/{name}", "rb").read() == data, name, "differs")


def test_the_same_input_gives_the_same_bits():
    liquid()
    for name in ("a", "b"):
        ini(f"{name}.ini", LIQUID, NVT, integrator__steps=200, output__every=20, system__replicas=2,
            output__directory=name)
        ok("run", f"{name}.ini")
    same_files("a", "b")
    ok("run", "a.ini", "--integrator.seed=7", "--output.directory=c")
    expect(open("a/trajectory.r0000.xyz").read() != open("c/trajectory.r0000.xyz").read())
    expect(open("a/trajectory.r0000.xyz").read().replace("replica=0", "") !=
           open("a/trajectory.r0001.xyz").read().replace("replica=1", ""))


def without_replica(path):
    return re.sub(r"replica=\d+", "", open(path).read())


def test_a_replica_alone_is_that_of_a_batch():
    xyz("ar.xyz", argon(3, spacing=5.6), argon(2, periodic=False, seed=3), argon(3, 5.4, seed=2))
    for k, frame in enumerate((argon(3, spacing=5.6), argon(2, periodic=False, seed=3), argon(3, 5.4, seed=2))):
        xyz(f"frame{k}.xyz", frame)
    for mode in ("fast", "strict"):
        ini("all.ini", LIQUID, NVT, integrator__steps=150, output__every=15, system__replicas=2,
            run__determinism=mode, output__directory=f"all_{mode}",
            integrator__temperature="100, 150, 60, 70, 80, 400")
        ok("run", "all.ini")
        temperatures = [100, 150, 60, 70, 80, 400]
        for r in (0, 3, 4):
            ini("one.ini", LIQUID, NVT, integrator__steps=150, output__every=15,
                system__structure=f"frame{r // 2}.xyz", system__replica_id=r, run__determinism=mode,
                output__directory=f"one_{mode}_{r}", integrator__temperature=temperatures[r])
            ok("run", "one.ini")
            expect(without_replica(f"one_{mode}_{r}/trajectory.xyz") ==
                   without_replica(f"all_{mode}/trajectory.r{r:04}.xyz"),
                   f"{mode}: replica {r} alone differs from that of the batch")


def test_a_replica_of_a_network_alone_is_that_of_a_batch():
    water = (["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], None)
    methane = (["C", "H", "H", "H", "H"], [[0, 0, 0], [.63, .63, .63], [-.63, -.63, .63],
                                           [-.63, .63, -.63], [.63, -.63, -.63]], None)
    xyz("both.xyz", water, methane)
    xyz("frame0.xyz", water)
    xyz("frame1.xyz", methane)
    base = {"potential.name": "painn", "potential.model": STUDENT, **NVT, "integrator.steps": 20,
            "integrator.time_step": "0.5 fs", "output.trajectory": "extxyz", "output.every": 5,
            "output.forces": "yes", "output.velocities": "yes", "run.determinism": "strict",
            "run.device": DEVICE, "run.threads": 1}
    ini("all.ini", base, system__structure="both.xyz", system__replicas=2, output__directory="all")
    ok("run", "all.ini")
    for r in (1, 2):
        ini("one.ini", base, system__structure=f"frame{r // 2}.xyz", system__replica_id=r,
            output__directory=f"one{r}")
        ok("run", "one.ini")
        expect(without_replica(f"one{r}/trajectory.xyz") ==
               without_replica(f"all/trajectory.r{r:04}.xyz"), f"replica {r} differs")
    ok("run", "all.ini", "--integrator.steps=8", "--output.directory=parts")
    ok("restart", "parts", "--integrator.steps=20")
    same_files("all", "parts")


def test_killed_at_any_time():
    """kill -9 at random moments, those of writing a checkpoint included."""
    liquid()
    base = {**LIQUID, **NVT, "integrator.steps": 1500, "output.every": 5, "output.log_every": 5}
    ini("whole.ini", base, output__directory="whole")
    ini("a.ini", base, checkpoint__every="3 steps")
    ok("run", "whole.ini")
    generator = random.Random(5)
    run, kills = start("run", "a.ini"), 0
    wait_for(lambda: os.path.exists("out/checkpoint.nc"))
    end = time.time() + 25
    while time.time() < end:
        time.sleep(generator.uniform(0.01, 1.0))
        if run.poll() is not None:
            break
        run.kill()
        run.communicate()
        kills += 1
        run = start("restart", "out")
    out, err = run.communicate(timeout=HANGS)
    expect(run.returncode == 0, run.returncode, err)
    expect(kills > 0, "was never killed")
    same_files("whole", "out")
    expect(not [n for n in os.listdir("out") if ".tmp" in n], os.listdir("out"))
    expect(json_of("out/summary.json")["replicas"] == json_of("whole/summary.json")["replicas"])


def test_a_new_temperature_is_used():
    liquid()
    ini("a.ini", LIQUID, NVT, integrator__steps=50, output__every=50, integrator__friction="50 /ps",
        integrator__temperature="50 K")
    ok("run", "a.ini")
    ok("restart", "out", "--integrator.steps=1500", "--integrator.temperature=900 K")
    rows = read_log("out")
    late = np.mean([float(r["temperature_K"]) for r in rows[len(rows) // 2:]])
    expect(700 < late < 1100, "the temperature is", late)
    expect("temperature = 900 K" in open("out/input.ini").read())


def test_a_folder_of_a_version_whose_methods_took_more():
    """velocity_verlet once took a friction, and wrote it into input.ini."""
    liquid()
    ini("a.ini", LIQUID, NVE, integrator__steps=30, output__every=10)
    ok("run", "a.ini")
    ini("whole.ini", LIQUID, NVE, integrator__steps=60, output__every=10, output__directory="whole")
    ok("run", "whole.ini")
    text = open("out/input.ini").read()
    expect("friction" not in text, text)
    open("out/input.ini", "w").write(text.replace("[integrator]\n", "[integrator]\nfriction = 1 /ps\n"))
    ok("restart", "out", "--integrator.steps=60")
    same_files("whole", "out")
    expect("friction" not in open("out/input.ini").read())
    refused = call("run", "whole.ini", "--integrator.friction=1")
    expect(refused.returncode == 2 and "'velocity_verlet' takes no such key" in refused.stderr,
           refused.stderr)


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
