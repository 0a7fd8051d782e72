"""Every kind of bad input gives one line that names where it is wrong, the right exit code, and
leaves nothing behind."""

import os
import resource
import shutil

from harness import *

BASE = {"system.structure": "ar.xyz", **LJ, **NVT, "integrator.steps": "5",
        "output.directory": "out", "run.device": DEVICE}
DROP = None


def refused(arguments, code=2, words=(), cwd="."):
    """The command ends with one line on standard error holding all words, and changes no file."""
    before = snapshot(".")
    done = call(*arguments, cwd=cwd)
    what = " ".join(map(str, arguments))
    expect(done.returncode == code, f"exit {done.returncode}, not {code}: {what} | {done.stderr}")
    lines = [s for s in done.stderr.splitlines() if not s.startswith("warning:")]
    expect(len(lines) == 1 and done.stderr.endswith("\n"), f"{what}: {done.stderr!r}")
    for word in words:
        expect(word in lines[0], f"{what}: no '{word}' in: {lines[0]}")
    after = snapshot(".")
    expect(after == before, f"{what}: left behind {set(after) ^ set(before)}")
    return lines[0]


def line_of(key, text):
    section, name = key.split(".", 1)
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            here = line.strip("[]")
        elif here == section and line.split("=")[0].strip() == name:
            return number
    return None


def files():
    xyz("ar.xyz", argon(2, vacancies=1))
    xyz("gas.xyz", argon(1, periodic=False))


# key, value, a word of the message besides place and key; key DROP: change of other keys
VALUES = [
    ("system.replicas", "0", "at least 1"), ("system.replicas", "-3", ""),
    ("system.replicas", "two", "number"), ("system.replicas", "1.5", "whole number"),
    ("system.replicas", "1e300", ""), ("system.replicas", "nan", ""),
    ("system.replicas", "99999999999", ""),
    ("system.velocities", "files", "did you mean 'file'"), ("system.velocities", "file", "no velocities"),
    ("system.replica_id", "-1", "between"), ("system.replica_id", "4294967296", "between"),
    ("system.replica_id", "4294967295", ""), ("system.remove_drift", "maybe", "yes"),
    ("system.structure", "nothing.xyz", "nothing.xyz"), ("system.structure", "ar.xyz,", "empty"),
    ("potential.name", "lenard_jones", "did you mean 'lennard_jones'"),
    ("potential.epsilon", "0.01 fs", "unit"), ("potential.epsilon", "-1 eV", "above zero"),
    ("potential.epsilon", "0", "above zero"), ("potential.epsilon", "nan", "number"),
    ("potential.sigma", "inf", "number"), ("potential.cutoff", "1e400", "number"),
    ("potential.cutoff", "1e308 nm", ""), ("potential.cutoff", "8.5 ps", "angstrom"),
    ("potential.cutoff", "8,5 A", ""), ("potential.shift", "perhaps", ""),
    ("potential.precision", "float16", "float32"), ("potential.precision", "double", "float64"),
    ("integrator.method", "verlet", "velocity_verlet"), ("integrator.method", "langevine", "did you mean 'langevin'"),
    ("integrator.time_step", "0", "above zero"), ("integrator.time_step", "-0.5 fs", "above zero"),
    ("integrator.time_step", "0.5 A", "time"), ("integrator.time_step", "abc", "number"),
    ("integrator.time_step", "nan", "number"), ("integrator.time_step", "1e300 ns", ""),
    ("integrator.steps", "-1", "below zero"), ("integrator.steps", "10.5", "whole number"),
    ("integrator.steps", "9223372036854775807", "too large"), ("integrator.steps", "1e16", "too large"),
    ("integrator.steps", "10 fs", ""), ("integrator.steps", "1e30", ""),
    ("integrator.steps", "0x10", ""), ("integrator.seed", "-7", "between"),
    ("integrator.seed", "1e12", "between"), ("integrator.temperature", "-300 K", "below zero"),
    ("integrator.temperature", "300 C", "unit"), ("integrator.temperature", "300 K, 310 K", "2 values"),
    ("integrator.temperature", "geometric(300 K)", "two values"),
    ("integrator.temperature", "geometric(300 K, 400 K", ")"),
    ("integrator.temperature", "geometric(0, 400 K)", "above zero"),
    ("integrator.temperature", "linear(300 K, 400 K)", ""), ("integrator.temperature", "300 K,", ""),
    ("integrator.temperature", "nan", "number"), ("integrator.friction", "-1 /ps", "below zero"),
    ("integrator.friction", "1 ps", "unit"), ("integrator.friction", "1, 2", "2 values"),
    ("output.every", "0", "at least one"), ("output.every", "-10", ""), ("output.every", "0.1 fs", "at least one"),
    ("output.every", "10 A", ""), ("output.log_every", "0", ""), ("output.log_every", "inf", ""),
    ("output.trajectory", "dcd", "amber"), ("output.layout", "pack", "did you mean 'packed'"),
    ("output.velocities", "2", ""), ("output.file", "a.xyz", "energy"), ("output.directory", "ar.xyz", "file"),
    ("output.directory", "full", "overwrite"),
    ("checkpoint.every", "0", "above zero"), ("checkpoint.every", "-5 min", "above zero"),
    ("checkpoint.every", "10 fs", "unit"), ("checkpoint.keep", "0", "between"),
    ("checkpoint.keep", "-1", "between"), ("neighbors.skin", "-1 A", "below zero"),
    ("neighbors.skin", "1 fs", "unit"), ("safety.on_failure", "halt", "quarantine"),
    ("safety.max_temperature", "0", "above zero"), ("safety.max_force", "-1", "above zero"),
    ("safety.max_force", "1 A", "unit"), ("safety.min_distance", "0", "above zero"),
    ("run.device", "gpu", "cuda"), ("run.device", "cuda:x", "cuda"), ("run.device", "cuda:-1", "cuda"),
    ("run.threads", "0", "auto"), ("run.threads", "many", ""), ("run.threads", "-2", ""),
    ("run.determinism", "exact", "strict"), ("run.progress", "on", "auto"),
    ("run.max_time", "0", "above zero"), ("run.max_time", "-1 h", "above zero"),
    ("run.max_time", "2 ps", "unit"),
]


def try_values(values):
    files()
    os.mkdir("full")
    open("full/note.txt", "w").write("mine\n")
    faults = []
    ini("good.ini", BASE)
    for k, (key, value, word) in enumerate(values):
        ini("bad.ini", BASE, {key: value})
        line = line_of(key, open("bad.ini").read())
        try:
            if k % 5 == 0:
                refused(["run", "good.ini", f"--{key}={value}"], words=["command line", key, word])
            else:  # a folder that is not empty is no fault for check
                refused(["check" if k % 5 == 1 and value != "full" else "run", "bad.ini"],
                        words=[f"bad.ini:{line}: {key}", word])
        except Exception as error:
            faults.append(f"{key} = {value}: {error}")
        shutil.rmtree("out", ignore_errors=True)
    expect(not faults, f"{len(faults)} of {len(values)}:\n  " + "\n  ".join(faults))


def test_a_bad_value_of_the_system_or_potential():
    try_values([v for v in VALUES if v[0].startswith(("system.", "potential."))])


def test_a_network_is_not_evaluated_in_a_way_it_does_not_have():
    open("w.xyz", "w").write("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    base = {**BASE, **NVT, "system.structure": "w.xyz", "potential.name": "painn", "potential.model": STUDENT}
    for key in ("potential.epsilon", "potential.sigma", "potential.cutoff"):
        base[key] = DROP
    ini("good.ini", base)
    for values, key, word in (({"precision": "tf32"}, "precision", "GPU"), ({"precision": "fp16"}, "precision", "float32"),
                              ({"precision": "int8"}, "precision", "float64"), ({"filters": "spline"}, "filters", "table"),
                              ({"evaluation": "cuda"}, "evaluation", "kernels")):
        refused(["run", "good.ini", *(f"--potential.{k}={v}" for k, v in values.items())],
                words=["command line", f"potential.{key}", word])


def test_a_bad_value_of_the_integrator():
    try_values([v for v in VALUES if v[0].startswith("integrator.")])


def test_a_bad_value_of_the_output():
    try_values([v for v in VALUES if v[0].startswith(("output.", "checkpoint."))])


def test_a_bad_value_of_the_rest():
    try_values([v for v in VALUES if v[0].startswith(("neighbors.", "safety.", "run."))])


# text, line of the fault, words
TEXTS = [
    ("[sytem]\n", 1, ["sytem", "did you mean 'system'"]),
    ("\n# comment\n[system]\nstructre = ar.xyz\n", 4, ["system.structre", "did you mean 'structure'"]),
    ("[system]\nstructure = ar.xyz\nstructure = gas.xyz\n", 3, ["system.structure", "line 2"]),
    ("[system]\nreplicas = 2\n[output]\n[system]\nreplicas = 3\n", 5, ["system.replicas", "line 2"]),
    ("[system]\nstructure =\n", 2, ["system.structure", "no value"]),
    ("[system]\nstructure\n", 2, ["structure", "key = value"]),
    ("[system\nstructure = ar.xyz\n", 1, ["]"]),
    ("[system]\n= 3\n", 2, ["key = value"]),
    ("[]\n", 1, ["name"]),
    ("[system]\ntime_step = 1\n", 2, ["system.time_step", "integrator.time_step"]),
    ("structure = ar.xyz\n", 1, ["structure"]),
    ("[output]\ndirektory = a\n", 2, ["output.direktory", "directory"]),
    ("[system]\nreplicas: 3\n", 2, ["replicas"]),
    ("[potential]\nname = harmonic\nepsilon = 1\n[integrator]\nmethod = langevin\n", 3, ["potential.epsilon"]),
    ("[integrator]\nsteps = 1\ntime = 1 ps\nmethod = langevin\ntemperature = 1\n[potential]\n"
     "name = harmonic\nstiffness = 1\n[system]\nstructure = gas.xyz\n[output]\ndirectory = out\n", 3,
     ["integrator.time", "both"]),
]


def test_a_bad_line_is_named():
    files()
    faults = []
    for text, line, words in TEXTS:
        open("bad.ini", "w").write(text)
        for verb in ("run",):
            try:
                refused([verb, "bad.ini"], words=[f"bad.ini:{line}:", *words])
            except Exception as error:
                faults.append(str(error))
    expect(not faults, "\n  ".join(faults))


def test_ways_to_write_a_good_file():
    files()
    text = open(ini("good.ini", BASE)).read()
    for name, data in (("crlf", text.replace("\n", "\r\n").encode()), ("end", text.rstrip().encode()),
                       ("mark", b"\xef\xbb\xbf" + text.encode()),
                       ("tight", text.replace(" = ", "=").replace("5\n", "5 # five\n").encode())):
        open(f"{name}.ini", "wb").write(data)
        ok("run", f"{name}.ini", f"--output.directory={name}")
        same_files(name, "crlf")


def test_a_missing_key_is_named_with_its_file():
    files()
    faults = []
    for key in ("system.structure", "potential.name", "potential.epsilon", "potential.sigma",
                "potential.cutoff", "integrator.method", "integrator.steps", "integrator.temperature",
                "output.directory"):
        ini("bad.ini", BASE, {key: DROP})
        for verb in ("run",):
            try:
                refused([verb, "bad.ini"], words=["bad.ini", key, "missing"])
            except Exception as error:
                faults.append(str(error))
    ini("bad.ini", BASE, {"potential.name": "painn", "potential.epsilon": DROP,
                          "potential.sigma": DROP, "potential.cutoff": DROP})
    try:
        refused(["run", "bad.ini"], words=["bad.ini", "potential.model", "missing"])
    except Exception as error:
        faults.append(str(error))
    expect(not faults, "\n  ".join(faults))


# name, content, words
STRUCTURES = [
    ("empty.xyz", "", ["empty"]),
    ("blank.xyz", "\n\n", ["empty"]),
    ("cut.xyz", "3\n\nAr 0 0 0\nAr 4 0 0\n", ["cut.xyz"]),
    ("count.xyz", "three\n\nAr 0 0 0\n", [":1:"]),
    ("none.xyz", "0\n\n", ["atom"]),
    ("minus.xyz", "-1\n\n", [":1:"]),
    ("huge.xyz", "99999999999999\n\nAr 0 0 0\n", ["huge.xyz"]),
    ("big.xyz", "2000000000\n\nAr 0 0 0\n", ["big.xyz"]),
    ("element.xyz", "1\n\nXx 0 0 0\n", [":3:", "Xx"]),
    ("number.xyz", "1\n\nAr 0 zero 0\n", [":3:", "zero"]),
    ("nan.xyz", "1\n\nAr 0 nan 0\n", [":3:"]),
    ("inf.xyz", "1\n\nAr 0 1e999 0\n", [":3:"]),
    ("short.xyz", "1\n\nAr 0 0\n", [":3:"]),
    ("two.xyz", "2\n\nAr 1 1 1\nAr 1 1 1\n", ["0.01 A"]),
    ("image.xyz", '2\nLattice="20 0 0 0 20 0 0 0 20"\nAr 0 1 1\nAr 20 1 1\n', ["0.01 A"]),
    ("flat.xyz", '1\nLattice="20 0 0 0 20 0 0 20 0"\nAr 0 1 1\n', ["flat.xyz"]),
    ("lattice.xyz", '1\nLattice="20 0 0 0 20"\nAr 0 1 1\n', [":2:", "Lattice"]),
    ("second.xyz", "1\n\nAr 0 0 0\n1\n\nAr 0 x 0\n", [":6:"]),
    ("garbage.xyz", "\x00\x01\x02PK\x03\n", ["garbage.xyz"]),
    ("nothing.pdb", "HEADER nothing\nEND\n", ["nothing.pdb"]),
    ("kind.crd", "data_\n", ["extension"]),
]


def test_a_bad_structure_is_named_with_its_line():
    faults = []
    xyz("ar.xyz", argon(2))
    for name, text, words in STRUCTURES:
        open(name, "w").write(text)
    os.mkdir("folder.xyz")
    for name, words in [(s[0], s[2]) for s in STRUCTURES] + [("folder.xyz", ["folder"]),
                                                            ("gone.xyz", ["system.structure"])]:
        ini("bad.ini", BASE, {"system.structure": "ar.xyz, " + name})
        try:
            if len(name) % 2:
                refused(["run", "bad.ini"], words=[name, *words])
            else:
                refused(["energy", f"--system.structure={name}", "--output.file=e.xyz",
                         *[f"--{k}={v}" for k, v in LJ.items()]], words=[name, *words])
        except Exception as error:
            faults.append(f"{name}: {error}")
    expect(not faults, f"{len(faults)}:\n  " + "\n  ".join(faults))


def test_a_bad_model_is_named():
    xyz("water.xyz", (["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], None))
    xyz("salt.xyz", (["Na", "Cl"], [[0, 0, 0], [2.8, 0, 0]], None))
    whole = STUDENT.read_bytes()
    models = {"empty.safetensors": b"", "cut.safetensors": whole[:len(whole) // 2],
              "short.safetensors": whole[:20], "foreign.safetensors": b"not a model at all" * 50,
              "long.safetensors": b"\xff" * 64, "tail.safetensors": whole + b"1234",
              "head.safetensors": whole[:8] + b"{" * 100 + whole[108:]}
    for name, data in models.items():
        open(name, "wb").write(data)
    os.mkdir("folder.safetensors")
    faults = []
    base = {"system.structure": "water.xyz", "potential.name": "painn", **NVT,
            "integrator.steps": "2", "output.directory": "out", "run.device": DEVICE}
    for name in [*models, "folder.safetensors", "gone.safetensors"]:
        ini("bad.ini", base, {"potential.model": name})
        line = line_of("potential.model", open("bad.ini").read())
        try:
            refused(["run", "bad.ini"], words=[name, f"bad.ini:{line}: potential.model"])
            refused(["models", name], words=[name])
        except Exception as error:
            faults.append(f"{name}: {error}")
    ini("bad.ini", base, {"potential.model": STUDENT, "system.structure": "salt.xyz"})
    try:
        refused(["run", "bad.ini"], words=["Na", "salt.xyz"])
        refused(["energy", "--system.structure=salt.xyz", "--output.file=e.xyz",
                 "--potential.name=painn", f"--potential.model={STUDENT}"], words=["Na", "salt.xyz"])
    except Exception as error:
        faults.append(str(error))
    expect(not faults, f"{len(faults)}:\n  " + "\n  ".join(faults))


def test_a_bad_command_line():
    files()
    ini("good.ini", BASE)
    ini("other.ini", BASE)
    os.mkdir("folder")
    cases = [
        ([], ["verb"]), (["rum", "good.ini"], ["did you mean 'run'"]), (["--run"], ["--run"]),
        (["run"], ["input"]), (["check"], ["input"]), (["restart"], ["folder"]),
        (["run", "nothing.ini"], ["nothing.ini"]), (["run", "folder"], ["folder"]),
        (["run", "good.ini", "--steps=3"], ["--steps", "integrator.steps"]),
        (["run", "good.ini", "--integrator.step=3"], ["integrator.step", "integrator.steps"]),
        (["run", "good.ini", "--integrator.steps"], ["integrator.steps"]),
        (["run", "good.ini", "--integrator.steps="], ["integrator.steps"]),
        (["run", "good.ini", "--integrator.steps=1", "--integrator.steps=2"], ["twice"]),
        (["run", "good.ini", "--integrator.steps=1", "--integrator.time=2 fs"], ["both"]),
        (["run", "good.ini", "-x"], ["-x"]), (["run", "good.ini", "other.ini"], ["same folder"]),
        (["run", "good.ini", "nothing.ini"], ["nothing.ini"]),
        (["run", "good.ini", "--potential.stiffness=2"], ["potential.stiffness"]),
        (["restart", "nowhere"], ["nowhere"]), (["restart", "good.ini"], ["good.ini"]),
        (["restart", "folder"], ["checkpoint"]), (["restart", "folder", "folder"], ["one folder"]),
        (["energy", "--output.file=e.xyz"], ["potential.name"]),
        (["energy", "--system.structure=ar.xyz", *[f"--{k}={v}" for k, v in LJ.items()]], ["output.file"]),
        (["energy", "--output.file=e.xyz", *[f"--{k}={v}" for k, v in LJ.items()]], ["system.structure"]),
        (["models", "ar.xyz"], ["ar.xyz"]), (["models", "gone.safetensors"], ["gone.safetensors"]),
        (["models", "folder"], ["folder"]), (["models", "a", "b"], ["one file"]),
        (["help", "rum"], ["did you mean 'run'"]),
    ]
    faults = []
    for arguments, words in cases:
        try:
            refused(arguments, words=words)
        except Exception as error:
            faults.append(str(error))
    expect(not faults, f"{len(faults)}:\n  " + "\n  ".join(faults))


def test_a_periodic_system_in_a_potential_without_images():
    files()
    ini("bad.ini", BASE, {k: DROP for k in LJ}, HARMONIC)
    refused(["run", "bad.ini"], words=["bad.ini", "potential.name", "periodic", "ar.xyz"])


def test_a_device_that_is_not_there():
    files()
    if os.path.exists("/dev/nvidia0"):
        return
    for device in ("cuda", "cuda:3"):
        ini("bad.ini", BASE, {"run.device": device})
        refused(["run", "bad.ini"], code=5, words=[device])
        refused(["check", "bad.ini"], code=5, words=[device])


def test_a_cell_too_thin_for_the_cutoff():
    files()
    ini("bad.ini", BASE, {"potential.cutoff": "3000 A"})
    refused(["run", "bad.ini"], words=["system.structure", "thin"])


def test_too_many_files():
    files()
    ini("bad.ini", BASE, {"system.replicas": "100"})

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80))

    done = call("run", "bad.ini", limit=few)
    expect(done.returncode == 2 and "packed" in done.stderr, done.returncode, done.stderr)
    expect(len(done.stderr.splitlines()) == 1 and not os.path.exists("out"), done.stderr)


def test_a_slab_for_a_model_that_is_told_no_directions():
    given = ["energy", "--potential.name=torchscript", f"--potential.model={SOURCE / 'tests/data/springs_cell.ts'}",
             "--potential.adapter=generic",
             "--potential.inputs=numbers, positions, cell", "--potential.periodic=yes", "--run.device=cpu"]
    for pbc, code in (("T T F", 2), ("F T F", 2), ("T T T", 0), ("F F F", 0)):
        lattice = "" if pbc == "F F F" else 'Lattice="8 0 0 0 8 0 0 0 30" '
        with open("in.xyz", "w") as file:
            file.write(f'2\n{lattice}pbc="{pbc}" Properties=species:S:1:pos:R:3\nH 0 0 0\nH 0 0 0.8\n')
        arguments = [*given, "--system.structure=in.xyz", f"--output.file={pbc.replace(' ', '')}.xyz"]
        if code:
            refused(arguments, words=["potential.name", "in.xyz", "directions"])
        else:
            done = call(*arguments)
            expect(done.returncode == 0, pbc, done.stderr)


def test_a_folder_that_cannot_be_written():
    files()
    ini("bad.ini", BASE, {"output.directory": "/proc/out"})
    refused(["run", "bad.ini"], code=5, words=["/proc/out"])
    os.mkdir("folder")
    for name in ("nowhere/e.xyz", "folder"):
        refused(["energy", "--system.structure=ar.xyz", f"--output.file={name}",
                 *[f"--{k}={v}" for k, v in LJ.items()]], code=5, words=[name])


def test_a_later_stage_is_checked_before_the_first_runs():
    files()
    ini("one.ini", BASE)
    for change, words in [({"integrator.time_step": "0"}, ["time_step"]),
                          ({"potential.name": "nil"}, ["potential.name"]),
                          ({"integrator.temperature": DROP}, ["temperature"]),
                          ({"integrator.temperature": "1 K, 2 K"}, ["temperature"]),
                          ({"integrator.friction": "1, 2"}, ["friction"]),
                          ({"system.replicas": "4"}, ["replicas"]),
                          ({"output.directory": "./out/../out"}, ["same folder"]),
                          ({"output.directory": "out/"}, ["same folder"])]:
        ini("two.ini", BASE, {"output.directory": "second", "system.structure": DROP}, change)
        refused(["run", "one.ini", "two.ini"], words=["two.ini", *words])
        refused(["check", "one.ini", "two.ini"], words=["two.ini", *words])


def test_a_restart_of_something_else():
    files()
    ini("good.ini", BASE, {"integrator.steps": "20", "output.every": "5"})
    ok("run", "good.ini")
    faults = []

    def try_it(words, *options, code=2):
        try:
            refused(["restart", "out", "--integrator.steps=40", *options], code=code, words=words)
        except Exception as error:
            faults.append(str(error))

    for option, words in [("--system.replicas=2", ["system.replicas"]),
                          ("--output.directory=b", ["output.directory"]),
                          ("--output.velocities=yes", ["velocities"]),
                          ("--output.trajectory=extxyz", ["trajectory"]),
                          ("--integrator.time_step=1", ["time_step"]),
                          ("--integrator.temperature=1,2", ["temperature"])]:
        try_it(words, option)
    checkpoint = open("out/checkpoint.nc", "rb").read()
    for damaged in (checkpoint[:len(checkpoint) // 2], checkpoint[:10], b"", checkpoint[:-8],
                    b"x" * 5000):
        open("out/checkpoint.nc", "wb").write(damaged)
        if os.path.exists("out/checkpoint.nc.1"):
            os.remove("out/checkpoint.nc.1")
        try_it(["checkpoint.nc"])
    open("out/checkpoint.nc", "wb").write(checkpoint)
    text = open("out/input.ini").read()
    os.remove("out/input.ini")
    try_it(["input.ini"])
    open("out/input.ini", "w").write(text)
    expect(not faults, f"{len(faults)}:\n  " + "\n  ".join(faults))


def test_a_restart_with_another_model():
    xyz("water.xyz", (["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], None))
    data = bytearray(STUDENT.read_bytes())
    open("m.safetensors", "wb").write(data)
    ini("a.ini", {"system.structure": "water.xyz", "potential.name": "painn",
                  "potential.model": "m.safetensors", **NVT, "integrator.steps": "2",
                  "output.directory": "out", "run.device": DEVICE})
    ok("run", "a.ini")
    data[-1] ^= 1
    open("m.safetensors", "wb").write(data)
    refused(["restart", "out", "--integrator.steps=4"], words=["potential.model", "SHA-256"])
    os.remove("m.safetensors")
    refused(["restart", "out", "--integrator.steps=4"], words=["m.safetensors"])


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
