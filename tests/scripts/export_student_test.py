"""scripts/export_student.py: TorchScript and ONNX files, in ASE and in the engine, give what the engine's own
network gives. usage: export_student_test.py UNDERSTUDY SOURCE small|full|close|student; 77: skipped."""

import importlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

for package in ("torch", "onnx", "onnxscript", "onnxruntime", "ase"):
    try:
        importlib.import_module(package)
    except ImportError as missing:
        print(f"skipped: {missing}")
        sys.exit(77)

import ase.io  # noqa: E402
import numpy as np  # noqa: E402
from ase import Atoms  # noqa: E402

PROGRAM, SOURCE, NAME = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
SCRIPT = SOURCE / "scripts/export_student.py"


def frames_of_cases(name):
    cases = json.loads((SOURCE / f"tests/data/{name}_cases.json").read_text())["cases"].values()
    return [Atoms(c["numbers"], c["positions"], pbc=c["pbc"], cell=c["cell"] if any(c["pbc"]) else None)
            for c in cases]


def with_metadata(source, target, **changes):
    data = source.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header["__metadata__"].update(changes)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    target.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size:])
    return target


def model_and_frames(folder):
    """A student, structures for it, and the formats to look at."""
    if NAME == "student":
        return (SOURCE / "inputs/models/student.safetensors",
                ase.io.read(SOURCE / "inputs/mixed_molecules/molecules.xyz", ":"), "ts,onnx")
    if NAME in ("small", "full"):  # the exporter does not ask how large a network is: ONNX takes its time
        return (SOURCE / f"tests/data/painn_{NAME}.safetensors", frames_of_cases(f"painn_{NAME}"),
                "ts,onnx" if NAME == "small" else "ts")
    # The other envelope, and the nuclear repulsion, which ends at 1 A: bonds shrunk below that.
    model = with_metadata(SOURCE / "tests/data/painn_small.safetensors", folder / "close.safetensors",
                          envelope="polynomial", repulsion="zbl")
    frames = frames_of_cases("painn_small")
    for frame in frames[:3]:
        frame.positions *= 0.7
    shortest = min(frame.get_all_distances()[np.triu_indices(len(frame), 1)].min() for frame in frames[:3])
    if not 0.5 < shortest < 0.9:
        sys.exit(f"FAILED: the shortest distance is {shortest} A, not below the end of the repulsion")
    return model, frames, "ts,onnx"


def energies(folder, name, *options):
    out = folder / f"{name}.xyz"
    subprocess.run([PROGRAM, "energy", f"--system.structure={folder}/frames.xyz", f"--output.file={out}",
                    "--run.device=cpu", "--potential.precision=float64", *options], check=True,
                   stdout=subprocess.DEVNULL)
    return ase.io.read(out, ":")


def check_in_the_engine(folder, model, frames):
    """The TorchScript file as a potential of the engine, which differentiates the energy by itself."""
    script = folder / "student.ts"
    subprocess.run([sys.executable, SCRIPT, model, script, "--precision=float64"], check=True)
    right = energies(folder, "own", "--potential.name=painn", f"--potential.model={model}")
    loaded = energies(folder, "loaded", "--potential.name=torchscript", f"--potential.model={script}",
                      "--potential.adapter=generic", "--potential.output=0", "--potential.cutoff=5",
                      "--potential.inputs=numbers,positions,edge_index,shifts", "--potential.periodic=yes")
    for k, (a, b) in enumerate(zip(right, loaded, strict=True)):
        energy = abs(a.get_potential_energy() - b.get_potential_energy()) / len(a)
        force = np.abs(a.get_forces() - b.get_forces()).max()
        if energy > 1e-9 or force > 1e-9:
            sys.exit(f"FAILED: in the engine frame {k} differs by {energy} eV/atom, {force} eV/A")
    print(f"ok     in the engine: {len(frames)} frames")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        model, frames, formats = model_and_frames(folder)
        ase.io.write(folder / "frames.xyz", frames, format="extxyz", columns=["symbols", "positions"])
        done = subprocess.run([sys.executable, "-W", "ignore", SCRIPT, model, "--check", folder / "frames.xyz",
                               "--program", PROGRAM, f"--formats={formats}"], check=False)
        if done.returncode != 0:
            sys.exit(f"FAILED: {SCRIPT.name} --check: exit code {done.returncode}")
        models = subprocess.run([PROGRAM, "models"], capture_output=True, text=True, check=True).stdout
        if "torchscript" in models:
            check_in_the_engine(folder, model, frames)


main()
