#!/usr/bin/env python3
"""Converts a checkpoint of Orb-v2 (orb-models) to a model file for potential.name = orb.

    python3 -m venv orb && orb/bin/pip install torch numpy
    orb/bin/python scripts/convert_orb.py orb-v2-20241011.ckpt orb-v2.safetensors
    understudy models orb-v2.safetensors

Where to get a checkpoint (about 101 MB): no package carries one. orb-models 0.7.0 itself downloads it, in
orb_models/forcefield/pretrained.py, from
    https://orbitalmaterials-public-models.s3.us-west-1.amazonaws.com/forcefields/orb-v2-20241011.ckpt
and its relatives orb-mptraj-only-v2, orb-d3-v2, orb-d3-sm-v2 (10 steps) and orb-d3-xs-v2 (5 steps) from names like
that one; orb_models.forcefield.pretrained.orb_v2(device="cpu") does so and keeps the file in its cache.

Licence: the README of orb-models 0.4.1 and later says "Orb models are licensed under the Apache License, Version 2.0"
(github.com/orbital-materials/orb-models, section License). The weights carry no licence file of their own.

The file must be a PyTorch state dict; it is read with torch.load(weights_only=True), which runs no code of it. Names
of the 0.4 era become those of 0.7.0. Every tensor of the trunk must be there in its shape and none too many; heads
that understudy does not know are left out, and said to be. Weights are written as float32. The SHA-256 of the
checkpoint goes into the metadata.
"""
import argparse
import hashlib
import json
import pathlib
import struct
import sys

RENAMED = {"node_head.": "heads.forces.", "graph_head.": "heads.energy.", "stress_head.": "heads.stress."}
HEADS = {"energy": 1, "forces": 3, "stress": 6}
DECODER = "model._decoder."
REFERENCE = "heads.energy.reference.linear.weight"
PUBLISHED = {15: 25_213_601, 10: 17_328_791, 5: 9_443_981}  # parameters by steps, at 256 and 512 channels


def renamed(tensors):
    """With the names of orb-models 0.7.0."""
    result = {}
    for name, value in tensors.items():
        for old, new in RENAMED.items():
            if name.startswith(old):
                name = new + name[len(old):]
        result[name] = value
    if any(name.startswith("model.model.") for name in result):
        # A denoising model around the network: only the network counts.
        result = {name.removeprefix("model.") if name.startswith("model.model.") else name: value
                  for name, value in result.items()
                  if name.startswith("model.model.") or not name.startswith("model.")}
    return result


def dense(prefix, size_in, size_out):
    return {f"{prefix}.weight": (size_out, size_in), f"{prefix}.bias": (size_out,)}


def mlp(prefix, widths, norm=False):
    shapes = {}
    for k, (a, b) in enumerate(zip(widths, widths[1:])):
        shapes |= dense(f"{prefix}.mlp.NN-{k}", a, b)
    if norm:
        shapes |= {f"{prefix}.layer_norm.{part}": (widths[-1],) for part in ("weight", "bias")}
    return shapes


def wanted_shapes(tensors):
    """{name: shape} of every tensor of a model whose sizes are those of these tensors, and the number of steps."""
    def shape(name):
        if name not in tensors:
            sys.exit(f"the checkpoint has no tensor '{name}': is it one of Orb-v2?")
        return tuple(tensors[name].shape)
    species, d = shape("model.atom_emb.embeddings.weight")
    m, inputs = shape("model._encoder._edge_fn.mlp.NN-0.weight")
    if inputs != 23:
        sys.exit(f"edges have {inputs} inputs; an Orb-v2 has 23 (20 Gaussians and a unit vector)")
    stacks = {name.split(".")[2] for name in tensors if name.startswith("model.gnn_stacks.")}
    steps = 1 + max(int(stack) for stack in stacks)
    shapes = {"model.atom_emb.embeddings.weight": (species, d)}
    shapes |= mlp("model._encoder._node_fn", (d, m, m, d), True) | mlp("model._encoder._edge_fn", (23, m, m, d), True)
    for t in range(steps):
        stack = f"model.gnn_stacks.{t}"
        shapes |= mlp(f"{stack}._node_mlp", (3 * d, m, m, d), True) | mlp(f"{stack}._edge_mlp", (3 * d, m, m, d), True)
        shapes |= dense(f"{stack}._receive_attn", d, 1) | dense(f"{stack}._send_attn", d, 1)
    for head, outputs in HEADS.items():
        first = f"heads.{head}.mlp.NN-0.weight"
        if head == "stress" and first not in tensors:
            continue
        shapes |= mlp(f"heads.{head}", (d, shape(first)[0], outputs))
        shapes |= {f"heads.{head}.normalizer.bn.running_{part}": (1,) for part in ("mean", "var")}
    shapes[REFERENCE] = tuple(shape(REFERENCE)[-1:])
    return shapes, steps


def convert(tensors):
    """({name: tensor} as understudy wants them, number of parameters, steps, names left out). `tensors` are arrays
    of numpy or PyTorch; ends the program when they are not an Orb-v2."""
    tensors = renamed(tensors)
    shapes, steps = wanted_shapes(tensors)
    result = {}
    for name, shape in shapes.items():
        if name not in tensors:
            sys.exit(f"the checkpoint has no tensor '{name}'")
        found = tuple(tensors[name].shape)
        count = 1
        for extent in shape:
            count *= extent
        # A vector may be a row; a single number may have no shape at all.
        if found not in (shape, (1, *shape)) and not (count == 1 and found == ()):
            sys.exit(f"tensor '{name}' has the shape {list(found)}; it must be {list(shape)}")
        result[name] = tensors[name].reshape(shape)
    left_out = []
    for name, value in tensors.items():
        if name in result:
            continue
        if name.startswith(DECODER):
            result[name] = value  # counts as parameters, though nothing reads it
        elif name.startswith("model."):
            sys.exit(f"tensor '{name}' does not belong to an Orb-v2")
        elif not name.endswith("num_batches_tracked"):
            left_out.append(name)
    parameters = sum(int(value.size if isinstance(value.size, int) else value.numel())
                     for name, value in result.items() if ".running_" not in name)
    return result, parameters, steps, left_out


def write(path, tensors, metadata):
    """A safetensors file of float32 numbers; `tensors`: {name: numpy array}."""
    header, at, chunks = {"__metadata__": metadata}, 0, []
    for name in sorted(tensors):
        data = tensors[name].astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        chunks.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = pathlib.Path(path)
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(chunks)
    part.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="a .ckpt file of orb-models")
    parser.add_argument("file", help="the .safetensors file to be written")
    parser.add_argument("--elements", help="like H,C,N,O: what the model may be used for; default: all it has")
    options = parser.parse_args()
    import torch
    try:
        data = pathlib.Path(options.checkpoint).read_bytes()
        state = torch.load(options.checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:
        sys.exit(f"{options.checkpoint}: is not a PyTorch state dict ({str(error).splitlines()[0]})")
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        sys.exit(f"{options.checkpoint}: is not a state dict (names with tensors)")
    tensors, parameters, steps, left_out = convert({name: value.numpy() for name, value in state.items()})
    checksum = hashlib.sha256(data).hexdigest()
    metadata = {"architecture": "orb-v2", "units": "eV,angstrom", "cutoff": "6",
                "teacher": "none; trained by its publisher on DFT",
                "checkpoint": pathlib.Path(options.checkpoint).name, "checkpoint_sha256": checksum,
                "licence": "Apache-2.0 (README of orb-models 0.4.1 and later)"}
    if options.elements:
        metadata["elements"] = options.elements
    write(options.file, tensors, metadata)
    for name in left_out:
        print(f"left out: {name}")
    known = "" if PUBLISHED.get(steps) == parameters else ", not the number of a published Orb-v2"
    print(f"{options.file}: {steps} steps, {parameters} parameters{known}; checkpoint SHA-256 {checksum}")


if __name__ == "__main__":
    main()
