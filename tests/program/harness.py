"""What the tests of the program share: a folder of their own, runs of the program, small systems.

A test file calls main() with its functions; `TEST.py PROGRAM [SOURCE_DIR]` runs them and exits 0, 1,
or 77 when a package is not installed.
"""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import traceback

try:
    import ase  # noqa: F401
    import MDAnalysis  # noqa: F401
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

PROGRAM = os.path.abspath(sys.argv[1])
SOURCE = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else pathlib.Path(__file__).parents[2])
STUDENT = SOURCE / "inputs/models/student.safetensors"

LJ = {"potential.name": "lennard_jones", "potential.epsilon": "0.0104 eV",
      "potential.sigma": "3.4 A", "potential.cutoff": "8.5 A"}
HARMONIC = {"potential.name": "harmonic", "potential.stiffness": "2"}
NVE = {"integrator.method": "velocity_verlet", "integrator.time_step": "2 fs"}
NVT = {"integrator.method": "langevin", "integrator.time_step": "2 fs",
       "integrator.temperature": "300 K"}


# Where tests of what every device does the same run.
DEVICE = os.environ.get("UNDERSTUDY_TEST_DEVICE", "cpu")

# Seconds after which a program is taken to hang, on a busy machine too; less than the limit of ctest.
HANGS = 1200


class Failure(AssertionError):
    pass


def expect(condition, *what):
    if not condition:
        raise Failure(" ".join(str(w) for w in what))


def call(*arguments, cwd=".", limit=None, timeout=HANGS, environment=None):
    """Runs the program; the result has returncode, stdout and stderr as text."""
    return subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          timeout=timeout, preexec_fn=limit, env=environment)


def ok(*arguments, code=0, **options):
    done = call(*arguments, **options)
    expect(done.returncode == code, f"exit {done.returncode} instead of {code}:",
           " ".join(map(str, arguments)), "|", done.stderr)
    return done


def start(*arguments, cwd="."):
    return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=cwd, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def ini(path, *parts, **own):
    """Writes an input file from dictionaries of section.key; own keys are section__key."""
    keys = {}
    for part in parts:
        keys.update(part)
    keys.update({k.replace("__", "."): v for k, v in own.items()})
    sections = {}
    for key, value in keys.items():
        if value is not None:
            section, name = key.split(".", 1)
            sections.setdefault(section, []).append(f"{name} = {value}")
    text = "\n".join(f"[{s}]\n" + "\n".join(lines) + "\n" for s, lines in sections.items())
    pathlib.Path(path).write_text(text)
    return path


def argon(n=3, spacing=5.3, periodic=True, seed=1, vacancies=0):
    """n^3 cells of fcc argon, shaken a little: (symbols, positions, box or None)."""
    base = np.array([[0, 0, 0], [.5, .5, 0], [.5, 0, .5], [0, .5, .5]])
    cells = np.array([[i, j, k] for i in range(n) for j in range(n) for k in range(n)])
    x = (cells[:, None, :] + base[None]).reshape(-1, 3) * spacing
    x += np.random.default_rng(seed).normal(0, 0.05, x.shape)
    x = x[vacancies:]
    return ["Ar"] * len(x), x, n * spacing if periodic else None


def xyz(path, *frames):
    """Extended XYZ of (symbols, positions, box or None) frames."""
    with open(path, "w") as file:
        for symbols, x, box in frames:
            cell = f'Lattice="{box} 0 0 0 {box} 0 0 0 {box}" ' if box else ""
            file.write(f"{len(x)}\n{cell}Properties=species:S:1:pos:R:3\n")
            for s, p in zip(symbols, x):
                file.write(f"{s} {p[0]:.17g} {p[1]:.17g} {p[2]:.17g}\n")
    return path


def read_log(folder):
    """log.csv as a list of dictionaries."""
    lines = (pathlib.Path(folder) / "log.csv").read_text().splitlines()
    names = lines[0].split(",")
    rows = [line.split(",") for line in lines[1:]]
    expect(all(len(r) == len(names) for r in rows), folder, "log.csv has rows of different length")
    return [dict(zip(names, r)) for r in rows]


def json_of(path):
    return json.load(open(path))


def read_safetensors(path):
    """Its header, and the bytes behind it that `data_offsets` count in."""
    whole = pathlib.Path(path).read_bytes()
    end = 8 + struct.unpack("<Q", whole[:8])[0]
    return json.loads(whole[8:end]), whole[end:]


def write_safetensors(path, header, data):
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def same_files(a, b, names=None):
    """Trajectories and log of two folders hold the same bytes."""
    a, b = pathlib.Path(a), pathlib.Path(b)
    if names is None:
        names = sorted(p.name for p in a.iterdir()
                       if p.name.startswith("trajectory") or p.name == "log.csv")
        others = sorted(p.name for p in b.iterdir()
                        if p.name.startswith("trajectory") or p.name == "log.csv")
        expect(names == others, a, names, b, others)
    expect(names, a, "has no files to compare")
    for name in names:
        x, y = (a / name).read_bytes(), (b / name).read_bytes()
        if x != y:
            at = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
            raise Failure(f"{a / name} ({len(x)} bytes) and {b / name} ({len(y)}) differ at {at}")


def snapshot(folder):
    """Every path below a folder with its content's hash."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        found[str(path.relative_to(folder))] = (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None)
    return found


def wait_for(condition, seconds=HANGS):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.01)
    raise Failure("waited in vain")


def main(*tests):
    """Runs each test in an empty folder; names given after the source folder select some."""
    wanted = sys.argv[3:]
    failed = 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        folder = tempfile.mkdtemp(prefix="understudy_")
        before, begin = os.getcwd(), time.time()
        os.chdir(folder)
        try:
            test()
            print(f"ok      {test.__name__}  {time.time() - begin:.1f} s", flush=True)
        except Exception as error:  # every test is tried, whatever another one did
            failed += 1
            if not isinstance(error, Failure):
                traceback.print_exc()
            print(f"FAILED  {test.__name__}: {error}", flush=True)
        finally:
            os.chdir(before)
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)
