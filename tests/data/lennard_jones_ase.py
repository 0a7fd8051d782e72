"""Writes lennard_jones_ase.json beside itself: energies, forces and stresses of small systems by
ASE's LennardJones calculator (cut and shifted like ours). Usage: python lennard_jones_ase.py"""
import json
import pathlib

import ase
import numpy as np
from ase.build import bulk
from ase.calculators.lj import LennardJones

EPSILON, SIGMA, CUTOFF = 0.0104, 3.4, 8.5


def systems():
    random = np.random.default_rng(5)
    yield "dimer", ase.Atoms("Ar2", [[0, 0, 0], [0.3, 3.6, 0.5]])
    points = np.array([[x, y, z] for x in range(3) for y in range(3) for z in range(2)]) * 3.7
    yield "cluster", ase.Atoms("Ar18", points + random.normal(0, 0.15, points.shape))
    one = bulk("Ar", "fcc", a=5.26)
    yield "one atom of a crystal", one
    four = bulk("Ar", "fcc", a=5.26, cubic=True)
    four.positions += random.normal(0, 0.15, four.positions.shape)
    yield "four atoms", four
    cell = [[11.0, 0, 0], [-6.0, 10.0, 0], [4.0, 5.0, 9.5]]
    grid = np.array([[x, y, z] for x in range(3) for y in range(3) for z in range(2)])
    fractions = (grid + random.uniform(-0.06, 0.06, grid.shape)) / [3, 3, 2]
    fractions[::2] += random.integers(-3, 4, fractions[::2].shape)
    skewed = ase.Atoms("Ar18", scaled_positions=fractions, cell=cell, pbc=True)
    yield "skewed cell, atoms in other cells", skewed
    slab = ase.Atoms("Ar18", scaled_positions=fractions % 1, cell=cell, pbc=(True, True, False))
    yield "slab", slab


result = []
for name, atoms in systems():
    atoms.calc = LennardJones(epsilon=EPSILON, sigma=SIGMA, rc=CUTOFF, smooth=False)
    stress = None
    if atoms.pbc.all():
        stress = atoms.get_stress(voigt=False).tolist()
    result.append({"name": name, "positions": atoms.positions.tolist(),
                   "cell": atoms.cell.tolist(), "periodic": atoms.pbc.tolist(),
                   "energy": atoms.get_potential_energy(), "forces": atoms.get_forces().tolist(),
                   "stress": stress})
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"ase": ase.__version__, "epsilon": EPSILON, "sigma": SIGMA,
                            "cutoff": CUTOFF, "systems": result}, indent=0) + "\n")
