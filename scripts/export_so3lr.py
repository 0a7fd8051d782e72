#!/usr/bin/env python3
"""Writes SO3LR as a traced TorchScript file for potential.name = torchscript.

Needs a virtual environment of its own:
    python3 -m venv so3 && so3/bin/pip install torch so3krates-torch==0.2.1
    so3/bin/python scripts/export_so3lr.py so3lr_traced.ts
The long-range cutoff is fixed in the file. 100 A reaches every pair of a molecule; for periodic
systems give one that neighbor lists can hold, such as --long-range-cutoff 12.
"""
import argparse
import sys


def ethanol():
    import ase.build
    return ase.build.molecule("CH3CH2OH")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long-range-cutoff", type=float, default=100.0, metavar="ANGSTROM")
    parser.add_argument("file", help="the .ts file to be written")
    options = parser.parse_args()
    if not 6 <= options.long_range_cutoff <= 1000:
        parser.error("--long-range-cutoff must be between 6 and 1000")

    import torch
    from so3krates_torch.calculator.so3 import SO3LRCalculator
    calculator = SO3LRCalculator(default_dtype="float32", r_max_lr=options.long_range_cutoff)
    model = calculator.models[0]

    def entries(atoms):
        """The batch as sorted names and tensors: the order of the arguments in the file."""
        batch = calculator._atoms_to_batch(atoms).to_dict()
        names = sorted(name for name in batch if torch.is_tensor(batch[name]))
        return names, [batch[name] for name in names]

    names, example = entries(ethanol())
    if len(names) != 31:
        sys.exit(f"a batch of this so3krates-torch has {len(names)} tensors; version 0.2.1 has 31")

    class EnergyOnly(torch.nn.Module):
        """The model as a function of the tensors of a batch; the caller differentiates."""

        def __init__(self):
            super().__init__()
            self.m = model
            cutoff = torch.tensor(options.long_range_cutoff, dtype=torch.float64)
            self.register_buffer("long_range_cutoff", cutoff)  # tracing drops plain numbers

        def forward(self, *tensors):
            return self.m(dict(zip(names, tensors)), compute_force=False, compute_stress=False,
                          training=False)["energy"]

    traced = torch.jit.trace(EnergyOnly().eval(), example, check_trace=False)
    traced.save(options.file)

    # Another molecule than the traced one, against the calculator itself.
    import ase.build
    loaded = torch.jit.load(options.file)
    for name in ("H2O", "CH3COOH"):
        atoms = ase.build.molecule(name)
        expected = calculator.get_potential_energy(atoms)
        energy = float(loaded(*entries(atoms)[1]))
        if abs(energy - expected) > 1e-3:
            sys.exit(f"{options.file}: gives {energy} eV for {name}, the calculator {expected}")
    print(f"{options.file}: long-range cutoff {options.long_range_cutoff} A, {name} {energy:.4f} eV")


if __name__ == "__main__":
    main()
