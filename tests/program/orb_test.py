"""Orb-v2 as its users meet it, and the converter of checkpoints."""

import importlib.util
import json

import ase.io
import numpy as np
from harness import *

MODEL = SOURCE / "tests/data/orb_v2_small.safetensors"
CASES = json.loads((SOURCE / "tests/data/orb_v2_small_cases.json").read_text())["cases"]
TIED = ("si2_perfect", "nacl8_perfect", "tri4")  # the 20 nearest neighbors are not unique
ORB = ["--potential.name=orb", "--run.device=cpu", "--run.threads=1"]


def write_cases(path, names):
    ase.io.write(path, [ase.Atoms(CASES[n]["numbers"], CASES[n]["positions"], cell=CASES[n]["cell"],
                                  pbc=CASES[n]["pbc"]) for n in names], format="extxyz", columns=["symbols", "positions"])


def expect_cases(path, names, energy, forces, stress):
    for name, frame in zip(names, ase.io.read(path, ":"), strict=True):
        case = CASES[name]
        # extended XYZ of ASE has 8 decimals: what they leave out is far below the tolerance of float32
        expect(abs(frame.get_potential_energy() - case["energy_f64"]) < energy * len(frame), name,
               frame.get_potential_energy(), case["energy_f64"])
        expect(np.abs(frame.get_forces() - case["forces_f64"]).max() < forces, name)
        expect(("stress" in frame.calc.results) == all(case["pbc"]), name, "stress")
        if all(case["pbc"]):
            difference = np.abs(frame.get_stress() - case["stress_f64"]).max()
            expect(difference < stress, name, "stress differs by", difference)


def test_energy_gives_what_orb_models_gives():
    names = [name for name in CASES if name not in TIED]
    write_cases("in.xyz", names)
    for precision, tolerance in (("float64", (1e-6, 1e-6, 1e-7)), ("float32", (1e-5, 2e-5, 2e-6))):
        ok("energy", "--system.structure=in.xyz", f"--output.file={precision}.xyz", f"--potential.model={MODEL}",
           f"--potential.precision={precision}", *ORB)
        expect_cases(f"{precision}.xyz", names, *tolerance)


def test_dynamics_with_direct_forces_warns_of_drift():
    write_cases("w.xyz", ["water5"])
    keys = {"system.structure": "w.xyz", "potential.name": "orb", "potential.model": MODEL, "integrator.steps": "20",
            "output.every": "10", "output.log_every": "10", "run.threads": "1"}
    done = ok("run", ini("nve.ini", NVE, keys, output__directory="nve", integrator__time_step="0.2 fs"))
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning:")]
    expect(len(warnings) == 1 and "not the gradient" in warnings[0] and "drift" in warnings[0], done.stderr)
    done = ok("run", ini("nvt.ini", NVT, keys, output__directory="nvt", integrator__time_step="0.2 fs",
                         integrator__friction="10"))
    expect("warning" not in done.stderr, done.stderr)
    expect(all(row["status"] == "running" or row["status"] == "finished" for row in read_log("nvt")))


def test_what_it_cannot_do_is_said():
    write_cases("w.xyz", ["h2o"])
    given = ["energy", "--system.structure=w.xyz", "--output.file=out.xyz", *ORB]
    for arguments, words in (([f"--potential.model={MODEL}", "--potential.precision=tf32"],
                              ["potential.precision", "tf32", "float32 or float64"]),
                             ([f"--potential.model={MODEL}", "--potential.max_neighbors=0"],
                              ["potential.max_neighbors", "between 1 and"]),
                             ([f"--potential.model={STUDENT}"], ["potential.model", "painn; orb-v2 is wanted"])):
        done = ok(*given, *arguments, code=2)
        expect(len(done.stderr.splitlines()) == 1 and all(word in done.stderr for word in words), done.stderr)


def converter():
    spec = importlib.util.spec_from_file_location("convert_orb", SOURCE / "scripts/convert_orb.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tensors_of(path):
    header, data = read_safetensors(path)
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            kind = {"F32": "<f4", "I64": "<i8"}[entry["dtype"]]
            tensors[name] = np.frombuffer(data[begin:end], kind).reshape(entry["shape"])
    return tensors


def legacy(tensors):
    """With the names of the published checkpoints."""
    old = {"heads.forces.": "node_head.", "heads.energy.": "graph_head.", "heads.stress.": "stress_head."}
    result = {}
    for name, value in tensors.items():
        prefix = next((p for p in old if name.startswith(p)), None)
        result[old[prefix] + name[len(prefix):] if prefix else name] = value
    return result


def test_a_converted_checkpoint_gives_the_same_bits():
    convert_orb = converter()
    given = legacy(tensors_of(MODEL))
    given["graph_head.reference.linear.weight"] = given["graph_head.reference.linear.weight"].reshape(1, -1)
    given["confidence_head.mlp.NN-0.bias"] = np.zeros(4, "f4")
    tensors, parameters, steps, left_out = convert_orb.convert(given)
    expect((parameters, steps, left_out) == (305927, 2, ["confidence_head.mlp.NN-0.bias"]), parameters, steps, left_out)
    convert_orb.write("new.safetensors", tensors, {"architecture": "orb-v2", "checkpoint_sha256": "0123"})
    lines = [line.split() for line in ok("models", "new.safetensors").stdout.splitlines()]
    expect(["parameters:", "305927"] in lines and ["checkpoint_sha256:", "0123"] in lines, lines)
    write_cases("in.xyz", ["water5", "tri4"])
    for name, model in (("a", MODEL), ("b", "new.safetensors")):
        ok("energy", "--system.structure=in.xyz", f"--output.file={name}.xyz", f"--potential.model={model}", *ORB)
    expect(pathlib.Path("a.xyz").read_bytes() == pathlib.Path("b.xyz").read_bytes())


def test_the_converter_refuses_what_is_no_orb():
    convert_orb = converter()
    given = legacy(tensors_of(MODEL))
    stack = "model.gnn_stacks.1._edge_mlp.mlp.NN-0.weight"
    for change, word in ((lambda t: t.pop(stack), stack), (lambda t: t.pop("model.atom_emb.embeddings.weight"), "atom_emb"),
                         (lambda t: t.update({stack: t[stack].T}), "must be [128, 192]"),
                         (lambda t: t.update({"model.more": np.zeros(3)}), "'model.more' does not belong")):
        changed = dict(given)
        change(changed)
        try:
            convert_orb.convert(changed)
        except SystemExit as end:
            expect(word in str(end), end)
        else:
            raise Failure(f"converted without {word}")


main(test_energy_gives_what_orb_models_gives, test_dynamics_with_direct_forces_warns_of_drift,
     test_what_it_cannot_do_is_said, test_a_converted_checkpoint_gives_the_same_bits,
     test_the_converter_refuses_what_is_no_orb)
