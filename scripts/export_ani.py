#!/usr/bin/env python3
"""Writes ANI-2x or ANI-1x (8 networks each) as a TorchScript file for potential.name = torchscript.

Needs a virtual environment of its own:
    python3 -m venv ani && ani/bin/pip install torch torchani==2.9.0
    ani/bin/python scripts/export_ani.py --model ani2x ani2x_8x.ts
torchani downloads the parameters itself. Those of ANI-1x can also be taken out of an old package:
    ani/bin/pip download --no-deps torchani==1.1
    ani/bin/python scripts/export_ani.py --model ani1x --wheel torchani-1.1-py3-none-any.whl ani1x_8x.ts
"""
import argparse
import pathlib
import sys
import tempfile
import zipfile

# Methane as in torchani's example of ANI-2x, A, and its energy there, hartree.
METHANE = [[0.03192167, 0.00638559, 0.01301679], [-0.83140486, 0.39370209, -0.26395324],
           [-0.66518241, -0.84461308, 0.20759389], [0.45554739, 0.54289633, 0.81170881],
           [0.66091919, -0.16799635, -0.91037834]]
METHANE_ANI2X = -40.459793


def ani1x_from_wheel(wheel):
    """ANI-1x from the parameter files in the package torchani 1.1."""
    from torchani.arch import ANI
    from torchani.neurochem import NeurochemInfo, modules_from_info
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            prefix = "torchani/resources/ani-1x_8x/"
            members = [name for name in archive.namelist() if name.startswith(prefix)]
            if not members:
                sys.exit(f"{wheel}: holds no {prefix}; the wheel of torchani 1.1 is wanted")
            archive.extractall(folder, members)
        files = pathlib.Path(folder) / prefix
        info = NeurochemInfo(sae=files / "sae_linfit.dat",
                             const=files / "rHCNO-5.2R_16-3.5A_a4-8.params",
                             ensemble_prefix=files / "train", ensemble_size=8)
        aev_computer, networks, self_energies, symbols = modules_from_info(info)
        return ANI(symbols, aev_computer, networks, self_energies, periodic_table_index=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("ani1x", "ani2x"), required=True)
    parser.add_argument("--wheel", help="ani1x only: torchani-1.1-py3-none-any.whl")
    parser.add_argument("file", help="the .ts file to be written")
    options = parser.parse_args()
    if options.wheel and options.model != "ani1x":
        parser.error("--wheel is for --model ani1x")

    import torch
    import torchani
    if options.wheel:
        model = ani1x_from_wheel(options.wheel)
    else:
        model = {"ani1x": torchani.models.ANI1x, "ani2x": torchani.models.ANI2x}[options.model]()
    model = model.float().eval().requires_grad_(False)
    torch.jit.script(model).save(options.file)

    loaded = torch.jit.load(options.file)
    numbers, positions = torch.tensor([[6, 1, 1, 1, 1]]), torch.tensor([METHANE])
    before = float(model((numbers, positions))[1])
    after = float(loaded((numbers, positions))[1])
    if abs(after - before) > 1e-5:
        sys.exit(f"{options.file}: gives {after} hartree for methane, the model itself {before}")
    if options.model == "ani2x" and abs(after - METHANE_ANI2X) > 1e-5:
        sys.exit(f"{options.file}: gives {after} hartree for methane instead of {METHANE_ANI2X}")
    print(f"{options.file}: {options.model}, methane {after:.6f} hartree")


if __name__ == "__main__":
    main()
