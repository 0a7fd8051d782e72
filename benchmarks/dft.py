#!/usr/bin/env python3
"""Students and their teacher next to density functional theory: errors of forces and of energies.

    benchmarks/dft.py --teacher ani2x_8x.ts rmd17_aspirin_test_01.npz ...

DATA are files of the revised MD17 (Christensen and von Lilienfeld, 2020): PBE/def2-SVP, kcal/mol and A. ANI-2x was made
for another functional (wB97X/6-31G(d)), so it has an error here too; what a student loses is its error beside the
teacher's, and its error against the teacher. Energies are compared without their mean, which no two methods share.
Writes results/dft-rmd17.json.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
KCAL_MOL = 4184 / 96485.33212  # eV


def evaluate(program, potential, structures, folder, threads):
    """Energies [n] in eV and forces [n, atoms, 3] in eV/A."""
    import ase.io
    out = os.path.join(folder, "out.xyz")
    subprocess.run([program, "energy", f"--system.structure={structures}", f"--output.file={out}",
                    f"--run.threads={threads}", "--run.progress=off", *potential], check=True, stdout=subprocess.DEVNULL)
    frames = ase.io.read(out, ":")
    return (np.array([a.get_potential_energy() for a in frames]), np.array([a.get_forces() for a in frames]))


def errors(energies, forces, other_energies, other_forces):
    difference = energies - other_energies
    return {"energy_mae_eV": float(np.abs(difference - difference.mean()).mean()),
            "force_mae_eV_A": float(np.abs(forces - other_forces).mean()),
            "force_r2": float(1 - ((forces - other_forces)**2).sum() / ((other_forces - other_forces.mean())**2).sum())}


def main():
    import ase
    import ase.io
    models = HERE.parent / "inputs/models"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="npz files of the revised MD17")
    parser.add_argument("--teacher", required=True, help="the TorchScript file of ANI-2x")
    parser.add_argument("--students", nargs="+", default=[str(models / "student.safetensors"),
                                                          str(models / "student_small.safetensors")])
    parser.add_argument("--program", default=str(HERE.parent / "build/release/understudy"))
    parser.add_argument("--frames", type=int, default=200, help="of each file, evenly spread")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    potentials = {"teacher": ["--potential.name=torchscript", "--potential.adapter=ani",
                              f"--potential.model={args.teacher}"]}
    for path in args.students:
        potentials[pathlib.Path(path).stem] = ["--potential.name=painn", f"--potential.model={path}"]
    result = {"level": "PBE/def2-SVP", "frames": args.frames, "molecules": {}}
    print(f"{'':10}{'':16}{'against DFT':^32}{'against the teacher':^32}")
    print(f"{'molecule':10}{'potential':16}" + 2 * f"{'energy, eV':>12}{'force, eV/A':>13}{'R2':>7}")
    for path in args.data:
        data = np.load(path)
        chosen = np.linspace(0, len(data["energies"]) - 1, args.frames).astype(int)
        dft = data["energies"][chosen] * KCAL_MOL, data["forces"][chosen] * KCAL_MOL
        name = pathlib.Path(path).stem.split("_")[1]
        with tempfile.TemporaryDirectory() as folder:
            structures = os.path.join(folder, "in.xyz")
            ase.io.write(structures, [ase.Atoms(data["nuclear_charges"], x) for x in data["coords"][chosen]],
                         format="extxyz")
            said = {who: evaluate(args.program, keys, structures, folder, args.threads)
                    for who, keys in potentials.items()}
        rows = result["molecules"][name] = {}
        for who, (energies, forces) in said.items():
            rows[who] = {"against_dft": errors(energies, forces, *dft),
                         "against_teacher": errors(energies, forces, *said["teacher"])}
            line = "".join(f"{e['energy_mae_eV']:12.4f}{e['force_mae_eV_A']:13.4f}{e['force_r2']:7.4f}"
                           for e in rows[who].values())
            print(f"{name:10}{who:16}{line}", flush=True)
    (HERE / "results/dft-rmd17.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
