"""What happens to a run from outside: descriptors that are closed, a second program in the folder, files
that are edited, damaged, deleted or replaced by links. Nothing is lost, overwritten or believed."""

import hashlib
import os
import random
import re
import resource
import shutil
import signal

import numpy as np
from harness import *

BASE = {"system.structure": "ar.xyz", **LJ, **NVT, "potential.cutoff": "5 A", "neighbors.skin": "0.4 A",
        "integrator.steps": 40, "output.every": 5, "output.log_every": 5, "output.directory": "out",
        "output.trajectory": "both", "checkpoint.every": "10 steps", "run.device": DEVICE,
        "run.threads": 1}
LABEL = b"understudy checkpoint, SHA-256 "


def atoms(name="ar.xyz", n=2):
    xyz(name, argon(n, periodic=False))


def running(*arguments, folder="out"):
    """A run under way: its first checkpoint and its first rows are there."""
    if os.path.exists(f"{folder}/summary.json"):
        os.remove(f"{folder}/summary.json")  # of the run before
    run = start(*arguments)
    wait_for(lambda: run.poll() is not None or os.path.exists(f"{folder}/summary.json"))
    if run.poll() is not None:
        raise Failure(run.communicate())
    return run


def refused(*arguments, code=2, words=()):
    done = call(*arguments)
    expect(done.returncode == code, "exit", done.returncode, *arguments, done.stderr)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("warning:")]
    expect(len(lines) == 1 and lines[0].startswith("error: "), done.stderr)
    for word in words:
        expect(word in done.stderr, word, "is not in", done.stderr)


def test_closed_descriptors():
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--output.directory=whole")
    for closed in ((1, 2), (0, 1, 2), (0,), (2,)):
        ok("run", "a.ini", "--output.overwrite=yes", limit=lambda: [os.close(k) for k in closed])
        same_files("whole", "out")


def sparse(path, size, begin=b""):
    """A file of which only the size was written."""
    with open(path, "wb") as file:
        file.write(begin)
        file.truncate(size)


def limited_to(what, size):
    """For `limit`; None where the program does not even start within it, as with the address sanitizer."""
    limit = lambda: resource.setrlimit(what, (size, size))
    return limit if call("--version", limit=limit).returncode == 0 else None


def test_files_without_an_end():
    """Devices, and gigabytes of zeros, are refused before they fill the memory."""
    atoms()
    ini("a.ini", BASE)
    sparse("zeros.xyz", 8 << 30)
    sparse("three.xyz", 8 << 30, b"3\n")
    sparse("zeros.ini", 8 << 30)
    sparse("zeros.safetensors", 8 << 30)
    little = limited_to(resource.RLIMIT_AS, 1 << 30)
    for code, path, words in ((2, "/dev/zero", "device"), (2, "/dev/urandom", "device"), (2, "zeros.xyz", "zeros")):
        refused("run", "a.ini", f"--system.structure={path}", words=(path, words), code=code)
    refused("run", "zeros.ini", words=("zeros.ini", "input file"))
    refused("run", "/dev/zero", words=("/dev/zero", "device"))
    refused("models", "zeros.safetensors", words=("zeros.safetensors", "header"))
    for verb in ("run", "energy") if little else ():
        more = ["a.ini"] if verb == "run" else [*(f"--{k}={v}" for k, v in LJ.items()), "--output.file=o.xyz"]
        done = call(verb, *more, "--system.structure=three.xyz", limit=little)
        expect(done.returncode in (2, 5) and "three.xyz" in done.stderr, verb, done.returncode, done.stderr)
    expect(sorted(os.listdir()) == ["a.ini", "ar.xyz", "three.xyz", "zeros.ini", "zeros.safetensors", "zeros.xyz"],
           os.listdir())


def test_more_replicas_than_fit():
    atoms(n=3)
    ini("a.ini", BASE, system__replicas=30000)
    limit = limited_to(resource.RLIMIT_DATA, 1 << 30)
    if not limit:
        return print("not tried: no limit of memory with this build")
    done = call("run", "a.ini", limit=limit)
    found = re.search(r"error: 30000 replicas would take about .* are free; about (\d+) would fit", done.stderr)
    expect(done.returncode == 5 and found, done.returncode, done.stderr)
    expect(not os.path.exists("out"), "nothing is left")
    ok("run", "a.ini", f"--system.replicas={found[1]}", "--integrator.steps=2", "--output.trajectory=none", limit=limit)


def test_a_reader_that_goes_away():
    """Warnings and reports into a closed pipe are no reason to end."""
    atoms()
    ini("a.ini", BASE, system__replicas=3, integrator__temperature="20, 20, 9000",
        safety__max_temperature="2000 K")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([PROGRAM, "run", "a.ini"], stdout=write, stderr=write)
    expect(done.returncode == 3, done.returncode)
    expect(json_of("out/summary.json")["outcome"] == "finished")
    done = subprocess.run([PROGRAM, "help", "run"], stdout=write, stderr=subprocess.PIPE)
    expect(done.returncode in (0, 141) and not done.stderr, done)


def test_one_program_in_a_folder():
    atoms()
    ini("long.ini", BASE, integrator__steps=10**8, checkpoint__every="10 min")
    run = running("run", "long.ini")
    words = ["out: the folder is in use", f"(process {run.pid})"]
    refused("restart", "out", words=words)
    refused("run", "long.ini", "--output.overwrite=yes", words=words)
    refused("audit", "out", "--teacher.name=harmonic", "--teacher.stiffness=2", words=words)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=HANGS)
    expect(run.returncode == 75, run.returncode)
    again = running("restart", "out")
    again.kill()  # a lock goes with its process
    again.communicate()
    steps = json_of("out/summary.json")
    expect(steps["outcome"] == "running", steps)
    last = int(read_log("out")[-1]["step"])
    ok("restart", "out", f"--integrator.steps={last + 50}")
    expect(json_of("out/summary.json")["outcome"] == "finished")
    expect(b"\0" not in open("out/log.csv", "rb").read())


def test_the_newest_whole_checkpoint():
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--output.directory=whole", "--integrator.steps=60")
    ok("run", "a.ini", "--output.directory=first")
    good = open("first/checkpoint.nc", "rb").read()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 4
    for damaged in (good[:len(good) // 2], b"", bytes(flipped), None):
        shutil.rmtree("out", ignore_errors=True)
        shutil.copytree("first", "out")
        os.remove("out/checkpoint.nc")
        if damaged is not None:
            open("out/checkpoint.nc", "wb").write(damaged)
        done = ok("restart", "out", "--integrator.steps=60")
        expect("checkpoint.nc.1 is whole: what came after its step" in done.stderr, done.stderr)
        same_files("whole", "out")
        expect(open("whole/checkpoint.nc", "rb").read() == open("out/checkpoint.nc", "rb").read())
    for name in ("checkpoint.nc", "checkpoint.nc.1"):
        open(f"out/{name}", "wb").write(good[:100])
    before = snapshot("out")
    refused("restart", "out", "--integrator.steps=80", words=["checkpoint.nc: not a complete"])
    expect(snapshot("out") == before)


def test_an_edited_input():
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini")
    text = open("out/input.ini").read()
    for key, value in (("time_step", "1 fs"), ("seed", "77"), ("epsilon", "0.0105 eV"), ("every", "4"),
                       ("skin", "0.5 A"), ("cutoff", "5.5 A"), ("shift", "no"), ("log_every", "10")):
        edited, n = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        if n == 0:
            expect(key == "shift", key, "is not in", text)
            continue
        open("out/input.ini", "w").write(edited)
        before = snapshot("out")
        refused("restart", "out", "--integrator.steps=60", words=[f".{key}", "cannot change in a restart"])
        expect(snapshot("out") == before, key)
    open("out/input.ini", "w").write(text.replace("time_step = 2 fs", "time_step = 0.002 ps"))
    ok("restart", "out", "--integrator.steps=60")  # the same, written in another way
    ok("run", "a.ini", "--output.directory=whole", "--integrator.steps=60")
    same_files("whole", "out")


def test_a_restart_knows_where_the_systems_come_from():
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--output.directory=whole", "--integrator.steps=60")
    ok("run", "a.ini")
    ok("restart", "out", "--integrator.steps=60")
    whole, parts = json_of("whole/summary.json"), json_of("out/summary.json")
    expect(whole["files"][0]["sha256"] == hashlib.sha256(open("ar.xyz", "rb").read()).hexdigest())
    for key in whole.keys() - {"command", "ended"}:
        expect(whole[key] == parts[key], key, whole[key], parts[key])


def test_files_that_vanish_or_change_during_a_run():
    atoms()
    ini("long.ini", BASE, integrator__steps=10**8, checkpoint__every="1000 steps", output__every=500,
        output__log_every=500)

    def cut(path):
        os.truncate(path, 10)

    for name, deed, word in (("log.csv", os.remove, "was deleted"), ("log.csv", cut, "was changed"),
                             ("trajectory.nc", os.remove, "was deleted"),
                             ("trajectory.xyz", cut, "was changed")):
        run = running("run", "long.ini", "--output.overwrite=yes")
        deed(f"out/{name}")
        error = run.communicate(timeout=HANGS)[1]
        expect(run.returncode == 5, run.returncode, error)
        expect(f"out/{name}: {word}" in error, error)
        expect(json_of("out/summary.json")["outcome"] == "running")


def test_files_that_are_missing_or_short():
    atoms()
    ini("a.ini", BASE)
    for name in ("trajectory.nc", "trajectory.xyz", "log.csv"):
        for steps in (40, 60):
            ok("run", "a.ini", "--output.overwrite=yes")
            os.truncate(f"out/{name}", 300)
            before = snapshot("out")
            refused("restart", "out", f"--integrator.steps={steps}", code=5,
                    words=[f"{name}: has 300 bytes"])
            expect(snapshot("out") == before)
            os.remove(f"out/{name}")
            refused("restart", "out", f"--integrator.steps={steps}", code=5, words=[f"{name}: is not there"])


def test_a_summary_of_another_kind():
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--output.directory=whole", "--integrator.steps=60")
    for text in ('{"outcome": 3, "steps": "x"}', "[1]", "{", '{"outcome": "finished", "steps": -1.5}', ""):
        ok("run", "a.ini", "--output.overwrite=yes")
        open("out/summary.json", "w").write(text)
        ok("restart", "out", "--integrator.steps=60")
        same_files("whole", "out")


def test_a_quarantined_replica():
    """Byte by byte the same, the checkpoint too, however often it is stopped."""
    atoms()
    for layout in ("separate", "packed"):
        ini("a.ini", BASE, system__replicas=3, integrator__temperature="20, 20, 9000",
            safety__max_temperature="2000 K", output__layout=layout, integrator__steps=60)
        whole, parts = f"whole_{layout}", f"parts_{layout}"
        ok("run", "a.ini", f"--output.directory={whole}", code=3)
        ok("run", "a.ini", f"--output.directory={parts}", "--integrator.steps=10", code=3)
        for steps in (11, 12, 30, 35, 50, 60):
            ok("restart", parts, f"--integrator.steps={steps}", code=3)
        same_files(whole, parts)
        for name in ("checkpoint.nc", "quarantine.r0002.xyz"):
            expect(open(f"{whole}/{name}", "rb").read() == open(f"{parts}/{name}", "rb").read(), name)


def test_links():
    """Nothing outside of the folder is written, neither through a temporary name nor an output's."""
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--output.directory=first")
    ok("run", "a.ini", "--output.directory=whole", "--integrator.steps=60")
    os.mkdir("outside")
    open("outside/precious", "w").write("precious")
    names = ["checkpoint.nc", "input.ini", "summary.json", "timings.json", "log.csv", "trajectory.nc",
             "trajectory.xyz", "topology.pdb"]
    for name in names + [f"{n}.tmp" for n in names[:4]] + ["checkpoint.nc.1.tmp"]:
        for target in ("precious", "new"):
            shutil.rmtree("out", ignore_errors=True)
            os.mkdir("out")
            os.symlink(os.path.abspath(f"outside/{target}"), f"out/{name}")
            ok("run", "a.ini", "--output.overwrite=yes", "--integrator.steps=60")
            same_files("whole", "out")
            expect(os.listdir("outside") == ["precious"], name, target)
            if name.endswith(".tmp"):
                shutil.rmtree("out")
                shutil.copytree("first", "out")
                os.symlink(os.path.abspath(f"outside/{target}"), f"out/{name}")
                ok("restart", "out", "--integrator.steps=60")
                same_files("whole", "out")
            expect(os.listdir("outside") == ["precious"], name, target)
            expect(open("outside/precious").read() == "precious", name)
    for name in ("log.csv", "trajectory.nc", "trajectory.xyz"):
        shutil.rmtree("out")
        shutil.copytree("first", "out")
        os.rename(f"out/{name}", f"outside/{name}")
        os.symlink(os.path.abspath(f"outside/{name}"), f"out/{name}")
        before = snapshot("outside")
        refused("restart", "out", "--integrator.steps=60", code=5, words=[name])
        expect(snapshot("outside") == before)


def test_a_trajectory_that_was_cut():
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--output.trajectory=amber")
    teacher = ["--teacher.name=harmonic", "--teacher.stiffness=2.1"]
    ok("audit", "out", *teacher)
    os.remove("out/audit.json")
    size = os.path.getsize("out/trajectory.nc")
    for less in (1, 250, size - 8):
        os.truncate("out/trajectory.nc", size - less)
        refused("audit", "out", *teacher, words=[f"trajectory.nc", f"it has {size - less} bytes"])
        expect(not os.path.exists("out/audit.json"))


def signed(path, change):
    """Changes the netCDF part of a checkpoint; its digest is right again."""
    data = open(path, "rb").read()
    data = bytearray(data[:data.rindex(LABEL)])
    changed = change(data)
    data = data if changed is None else changed
    open(path, "wb").write(bytes(data) + LABEL + hashlib.sha256(data).hexdigest().encode() + b"\n")


def set_values(name, values):
    import netCDF4

    def change(data):
        open("values.nc", "wb").write(data)
        with netCDF4.Dataset("values.nc", "r+") as file:
            file.set_auto_mask(False)
            if isinstance(values, bytes):
                file[name][:] = np.frombuffer(values.ljust(file[name].size)[:file[name].size], "S1")
            else:
                file[name][:] = values
        return open("values.nc", "rb").read()
    return change


def test_a_checkpoint_made_up():
    """Its digest is right, what stands in it makes no sense: exit 2, and the folder is untouched."""
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--checkpoint.keep=1")
    shutil.copytree("out", "first")
    for name, values in (("step", -10), ("step", 2**63 - 1), ("status", 9), ("status", -1), ("number", 0),
                         ("number", 500), ("kept_step", 10**12), ("kept_step", -2),
                         ("position", np.nan), ("velocity", np.inf), ("mass", np.nan), ("mass", -1),
                         ("periodic", 99), ("degrees_of_freedom", -5), ("temperature", np.nan),
                         ("friction", -1), ("cell", np.nan), ("first_atom", 7), ("settings", b"{}"),
                         ("settings", b"[1"), ("structure_files", b"[[1,2]]"), ("files", b"{}"),
                         ("files", b'[{"bytes":1,"frames":0,"name":"../../x"}]')):
        shutil.rmtree("out")
        shutil.copytree("first", "out")
        signed("out/checkpoint.nc", set_values(name, values))
        before = snapshot("out")
        refused("restart", "out", "--integrator.steps=60", words=["checkpoint.nc"])
        expect(snapshot("out") == before, name)


def test_a_checkpoint_of_noise():
    """Bytes changed at random under a right digest: whatever becomes of it, it is no crash."""
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--checkpoint.keep=1", "--integrator.steps=1", "--output.trajectory=none")
    shutil.copytree("out", "first")
    generator, codes = random.Random(3), {}
    for _ in range(150):
        def change(data):
            for _ in range(generator.randint(1, 4)):
                data[generator.randrange(0, generator.choice((200, 2000, len(data))))] = \
                    generator.choice((0, 1, 127, 128, 255, generator.randrange(256)))
        shutil.rmtree("out")
        shutil.copytree("first", "out")
        signed("out/checkpoint.nc", change)
        done = call("restart", "out", "--integrator.steps=3", timeout=60)
        codes[done.returncode] = codes.get(done.returncode, 0) + 1
        expect(done.returncode in (0, 2, 3, 4, 5), done.returncode, done.stderr)
    expect(codes.get(2, 0) > 50, codes)


def test_checkpoints_of_other_formats():
    atoms()
    ini("a.ini", BASE)
    ok("run", "a.ini", "--checkpoint.keep=1")
    data = open("out/checkpoint.nc", "rb").read()
    at = data.index(b"understudy_checkpoint") + 24 + 12
    for version in (1, 3):
        old = data[:at] + version.to_bytes(8, "big") + data[at + 8:data.rindex(LABEL)]
        open("out/checkpoint.nc", "wb").write(old)
        refused("restart", "out", "--integrator.steps=60",
                words=[f"checkpoint.nc: is a checkpoint of format {version}; this program reads format 2"])
    open("out/checkpoint.nc", "wb").write(b"\x89HDF\r\n\x1a\n" + data[8:])
    refused("restart", "out", "--integrator.steps=60", words=["checkpoint.nc"])


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
