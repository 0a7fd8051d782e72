"""Neighbor lists against vesin and ASE: the same pairs with the same vectors for random systems.
Usage: neighbors_vesin.py WRITE_NEIGHBORS; exit code 1 and a message at the first difference."""
import subprocess
import sys

import numpy as np
import vesin
from ase.neighborlist import primitive_neighbor_list


def random_system(random):
    n = int(random.integers(1, 200))
    periodic = (random.random(3) < 0.5) if random.random() < 0.6 else np.full(3, random.random() < 0.5)
    side = (n / random.uniform(0.02, 0.15)) ** (1 / 3)
    cell = side * (np.diag(random.uniform(0.6, 1.6, 3)) + np.tril(random.uniform(-0.8, 0.8, (3, 3)), -1))
    cell = cell @ np.linalg.qr(random.normal(size=(3, 3)))[0]
    far = np.where(periodic, random.integers(-3, 4, (n, 3)), 0)
    return random.uniform(2, 5), periodic, cell, (random.random((n, 3)) + far) @ cell


def sorted_pairs(i, j, d):
    order = np.lexsort([*np.round(d.T, 6), j, i])
    return np.column_stack([i, j])[order], d[order]


def main():
    random = np.random.default_rng(11)
    systems = [random_system(random) for _ in range(200)]
    text = "".join(
        f"{cutoff!r} {len(x)} {' '.join(str(int(p)) for p in periodic)}\n"
        + " ".join(repr(float(v)) for v in [*cell.ravel(), *x.ravel()]) + "\n"
        for cutoff, periodic, cell, x in systems)
    out = subprocess.run([sys.argv[1]], input=text, capture_output=True, text=True, check=True).stdout
    numbers = np.array(out.split(), dtype=float)
    at = total = by_vesin = 0
    for k, (cutoff, periodic, cell, x) in enumerate(systems):
        n = int(numbers[at])
        rows = numbers[at + 1:at + 1 + 5 * n].reshape(n, 5)
        at += 1 + 5 * n
        total += n
        ours = sorted_pairs(rows[:, 0].astype(int), rows[:, 1].astype(int), rows[:, 2:])
        references = {"ASE": primitive_neighbor_list("ijD", periodic, cell, x, cutoff)}
        if periodic.all() or not periodic.any():
            references["vesin"] = vesin.NeighborList(cutoff=cutoff, full_list=True).compute(
                points=x, box=cell if periodic.all() else np.zeros((3, 3)),
                periodic=bool(periodic.all()), quantities="ijD")
            by_vesin += 1
        for name, reference in references.items():
            pairs, d = sorted_pairs(*(np.asarray(q) for q in reference))
            if len(pairs) != n:
                sys.exit(f"system {k}: {n} neighbors, {name} has {len(pairs)}")
            if n and ((pairs != ours[0]).any() or np.abs(d - ours[1]).max() > 1e-9):
                sys.exit(f"system {k}: other pairs than {name}")
    if at != len(numbers) or total < 100000 or by_vesin < 50:
        sys.exit(f"{total} neighbors, {by_vesin} systems by vesin, {len(numbers) - at} numbers left")
    print(f"{len(systems)} systems, {total} neighbors as ASE has them, {by_vesin} systems by vesin")


main()
