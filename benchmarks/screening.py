#!/usr/bin/env python3
"""How many molecules a second come to rest: `understudy minimize` on a whole list, on pieces of it, and ASE's
L-BFGS with the same student.

    screening.py UNDERSTUDY [--molecules 1000] [--structures FILE.xyz] [--calculator student.onnx|student.ts]
                 [--model FILE.safetensors] [--tolerance 0.01] [--threads 2] [--ase 20] [--json OUT.json]

Without --structures the molecules are enumerated from fragments with a fixed seed and built by RDKit: neutral, of
H, C, N, O, up to a drug's size. --calculator is what scripts/export_student.py makes of the same model; ASE then relaxes the
first --ase of them one after another. Pieces are processes of their own: their start-up, measured with no moves at
all, is taken off. Exit code 77 when a package is missing."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[1]
RINGS = ["c1ccccc1", "c1ccncc1", "C1CCCCC1", "C1CCNCC1", "C1COCCN1", "c1ccoc1", "c1cnc[nH]1", "C1CC1"]
LINKS = ["", "C", "CC", "O", "CO", "C(=O)N", "C(=O)O", "N", "CNC", "C(=O)"]
ENDS = ["C", "CC", "CO", "O", "N", "N#C", "CC(=O)", "NC(=O)", "CC(C)", "CC(=O)N"]


def enumerated(n, seed=2026):
    """ASE's atoms of n molecules: ring, link, ring, end, embedded and pre-relaxed by RDKit's MMFF94."""
    import random

    import ase
    from rdkit import Chem, RDLogger
    from rdkit.Chem import AllChem
    RDLogger.DisableLog("rdApp.*")  # of what has no structure
    draw, seen, found = random.Random(seed), set(), []
    while len(found) < n:
        first, second = (draw.choice(RINGS) for _ in range(2))
        text = draw.choice(ENDS) + draw.choice(LINKS) + first
        if draw.random() < 0.7:
            text = draw.choice(ENDS) + second + draw.choice(LINKS) + first
        molecule = Chem.MolFromSmiles(text)
        if molecule is None or (smiles := Chem.MolToSmiles(molecule)) in seen:
            continue
        seen.add(smiles)
        molecule = Chem.AddHs(molecule)
        if AllChem.EmbedMolecule(molecule, randomSeed=seed) != 0:
            continue
        AllChem.MMFFOptimizeMolecule(molecule, maxIters=20)
        found.append(ase.Atoms([a.GetSymbol() for a in molecule.GetAtoms()],
                               molecule.GetConformer().GetPositions(), info={"smiles": smiles}))
    return found


def relax(options, folder, frames, steps=1000):
    """Seconds of one process and the frames that it leaves."""
    import ase.io
    source, target = folder / "in.xyz", folder / "out.xyz"
    ase.io.write(source, frames, format="extxyz")
    start = time.perf_counter()
    done = subprocess.run([options.understudy, "minimize", f"--system.structure={source}", f"--output.file={target}",
                           "--output.overwrite=yes", "--potential.name=painn", f"--potential.model={options.model}",
                           f"--minimize.force_tolerance={options.tolerance}", f"--minimize.steps={steps}",
                           f"--run.threads={options.threads}", "--run.progress=off"],
                          capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    return seconds, ase.io.read(target, ":")


def in_pieces(options, folder, frames, size):
    """Molecules a second in batches of this size, start-up taken off, over at most 20 of them."""
    pieces = [frames[k:k + size] for k in range(0, len(frames), size)][:20]
    total = 0
    for piece in pieces:
        total += relax(options, folder, piece)[0] - relax(options, folder, piece, steps=0)[0]
    return sum(map(len, pieces)) / total


def by_ase(options, frames):
    """Molecules a second, evaluations of each, by ASE's L-BFGS one after another."""
    sys.path.insert(0, str(SOURCE / "scripts"))
    from ase.optimize import LBFGS
    from student_calculator import StudentCalculator
    calculator, counts = StudentCalculator(options.calculator, threads=options.threads), []
    start = time.perf_counter()
    for atoms in frames:
        atoms = atoms.copy()
        atoms.calc = calculator
        with LBFGS(atoms, logfile=None) as optimizer:
            optimizer.run(fmax=options.tolerance, steps=1000)
            counts.append(optimizer.get_number_of_steps() + 1)
    return len(frames) / (time.perf_counter() - start), counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("understudy")
    parser.add_argument("--molecules", type=int, default=1000)
    parser.add_argument("--structures")
    parser.add_argument("--calculator")
    parser.add_argument("--model", default=SOURCE / "inputs/models/student.safetensors")
    parser.add_argument("--tolerance", type=float, default=0.01)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ase", type=int, default=20)
    parser.add_argument("--json")
    options = parser.parse_args()
    try:
        import ase.io
        import numpy as np
        frames = ase.io.read(options.structures, ":") if options.structures else enumerated(options.molecules)
    except ImportError as missing:
        print(f"skipped: {missing}")
        sys.exit(77)
    frames = frames[:options.molecules]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        seconds, rest = relax(options, folder, frames)
        evaluations = [int(a.info["minimize_steps"]) + 1 for a in rest]
        result = {"molecules": len(frames), "atoms": sum(map(len, frames)), "threads": options.threads,
                  "tolerance_eV_A": options.tolerance, "converged": sum(bool(a.info["converged"]) for a in rest),
                  "median_evaluations": float(np.median(evaluations)),
                  "evaluations": sum(evaluations),
                  "molecules_per_s": {"as planned": len(frames) / seconds}}
        for size in (1, 8, 16):
            result["molecules_per_s"][f"batches of {size}"] = in_pieces(options, folder, frames, size)
        if options.calculator:
            rate, counts = by_ase(options, frames[:options.ase])
            result["molecules_per_s"]["ASE's L-BFGS"] = rate
            result["median_evaluations_ase"] = float(np.median(counts))
    print(json.dumps(result, indent=1))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
