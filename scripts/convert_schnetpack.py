#!/usr/bin/env python3
"""Converts a PaiNN of SchNetPack 2 to a model file for potential.name = painn.

    python3 -m venv spk && spk/bin/pip install schnetpack
    spk/bin/python scripts/convert_schnetpack.py best_model painn.safetensors --elements H,C,O --energy-unit eV
    understudy models painn.safetensors

The checkpoint is what SchNetPack saves as best_model: torch.save of a NeuralNetworkPotential. Reading it runs code that
the file may hold, so take one from people you trust. The network must be PaiNN with Bessel functions and the cosine
cutoff, filters and blocks of their own in every layer, silu, and an Atomwise energy of one hidden layer, summed; mean
and atomrefs of AddOffsets go into the file. Anything else is refused by name. Lengths must be angstrom.

Weights are written as float64. A model trained in float32 has frequencies pi n / cutoff that were rounded to float32,
where understudy's are exact: energies then differ by about 1e-6 of their size, those of a model in float64 by 1e-10 eV.
"""
import argparse
import hashlib
import json
import math
import pathlib
import struct
import sys

UNITS = ("eV", "hartree", "kcal/mol", "kJ/mol")


def refuse(text):
    sys.exit(f"convert_schnetpack.py: {text}")


def kind(module):
    return type(module).__name__


def check_representation(rep):
    import torch

    if kind(rep) != "PaiNN":
        refuse(f"the representation is {kind(rep)}; PaiNN is wanted")
    if kind(rep.radial_basis) != "BesselRBF":
        refuse(f"the radial basis is {kind(rep.radial_basis)}; BesselRBF is wanted")
    if kind(rep.cutoff_fn) != "CosineCutoff":
        refuse(f"the cutoff is {kind(rep.cutoff_fn)}; CosineCutoff is wanted")
    if kind(rep.embedding) != "Embedding" or len(getattr(rep, "electronic_embeddings", ())):
        refuse("the embedding is not a table of elements alone")
    if rep.share_filters:
        refuse("the filters are shared by the layers")
    blocks = list(rep.interactions) + list(rep.mixing)
    if len({id(block) for block in blocks}) != len(blocks):
        refuse("the interaction blocks are shared by the layers")
    if len({block.epsilon for block in rep.mixing}) != 1:
        refuse("the layers have different epsilon")
    cutoff = float(rep.cutoff_fn.cutoff)
    wanted = torch.arange(1, rep.radial_basis.freqs.numel() + 1, dtype=torch.float64) * math.pi / cutoff
    if not torch.allclose(rep.radial_basis.freqs.double(), wanted, rtol=1e-6):
        refuse("the frequencies of the Bessel functions are not pi n / cutoff")
    for block in rep.interactions:
        check_silu(block.interatomic_context_net[0], "an interaction block")
    for block in rep.mixing:
        check_silu(block.intraatomic_context_net[0], "a mixing block")
    return cutoff, rep.mixing[0].epsilon


def check_silu(layer, where):
    name = getattr(layer.activation, "__name__", kind(layer.activation))
    if name.lower() != "silu":
        refuse(f"the activation of {where} is {name}; silu is wanted")


def energy_module(model, key):
    others = []
    for module in model.output_modules:
        if kind(module) == "Atomwise" and module.output_key == key:
            return module
        others.append(kind(module))
    refuse(f"no Atomwise has the output '{key}', only {', '.join(others)}; --energy-key names it")


def per_element(model, key, n):
    """Energies of single atoms, by atomic number."""
    import torch

    shift = torch.zeros(n, dtype=torch.float64)
    for module in model.postprocessors:
        if kind(module) in ("CastTo64", "CastTo32"):
            continue
        if kind(module) != "AddOffsets":
            refuse(f"the postprocessor {kind(module)} is not known")
        if module._property != key:
            continue
        if not module.is_extensive:
            refuse("the offsets are those of an energy per atom")
        if module.add_mean:
            shift += module.mean.double().flatten()
        if module.add_atomrefs:
            reference = module.atomref.double().flatten()
            shift[:min(n, len(reference))] += reference[:n]
    return shift


def converted(model, key):
    """Tensors and metadata."""
    import torch

    rep = model.representation
    cutoff, epsilon = check_representation(rep)
    for module in model.input_modules:
        if kind(module) not in ("PairwiseDistances", "Forces", "Strain"):
            refuse(f"the input module {kind(module)} is not known")
    energy = energy_module(model, key)
    if energy.aggregation_mode != "sum" or energy.n_out != 1 or len(energy.outnet) != 2:
        refuse("the energy must be a sum over atoms of a network of one hidden layer")
    check_silu(energy.outnet[0], "the energy")
    tensors = {f"rep.{name}": value for name, value in rep.state_dict().items()
               if name not in ("cutoff_fn.cutoff", "radial_basis.freqs")}
    tensors |= {f"head.{name}": value for name, value in energy.outnet.state_dict().items()}
    n = rep.embedding.weight.shape[0]
    tensors["scale"] = torch.ones(n, dtype=torch.float64)
    tensors["shift"] = per_element(model, key, n)
    metadata = {"architecture": "painn", "cutoff": repr(cutoff), "envelope": "cosine", "length_unit": "angstrom"}
    if epsilon != 1e-8:
        metadata["epsilon"] = repr(float(epsilon))
    return tensors, metadata


def write(path, tensors, metadata):
    header, offset, parts = {"__metadata__": metadata}, 0, []
    for name in sorted(tensors):
        data = tensors[name].detach().double().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensors[name].shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    part = path.with_name(path.name + ".part")
    part.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    part.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--elements", required=True, help="that it was trained on: H,C,O; others are refused in a run")
    parser.add_argument("--energy-unit", required=True, choices=UNITS, help="of the data it was trained on")
    parser.add_argument("--energy-key", default="energy", help="its output that is the energy")
    options = parser.parse_args()
    try:
        import torch
        import schnetpack  # noqa: F401, the file names its classes
    except ImportError as error:
        refuse(f"needs the packages torch and schnetpack: {error}")
    try:
        model = torch.load(options.checkpoint, map_location="cpu", weights_only=False)
    except Exception as error:  # of many kinds
        refuse(f"{options.checkpoint}: cannot be read: {str(error).splitlines()[0]}")
    if not hasattr(model, "representation"):
        refuse(f"{options.checkpoint}: is a {kind(model)}, not a NeuralNetworkPotential (SchNetPack's best_model)")
    tensors, metadata = converted(model, options.energy_key)
    metadata |= {"elements": options.elements.replace(" ", ""), "energy_unit": options.energy_unit,
                 "source_sha256": hashlib.sha256(options.checkpoint.read_bytes()).hexdigest()}
    write(options.output, tensors, metadata)
    print(f"{options.output}: PaiNN, cutoff {metadata['cutoff']} A, elements {metadata['elements']}")


if __name__ == "__main__":
    main()
