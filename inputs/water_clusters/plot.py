#!/usr/bin/env python3
"""Draws what the run wrote: plot.py RUN_FOLDER PICTURE.png (needs MDAnalysis and matplotlib).

Left, the temperature of each of the 16 replicas from log.csv; right, how far apart the oxygen atoms of
a cluster are, over all frames of all replicas.
"""
import csv
import glob
import sys

if len(sys.argv) != 3:
    sys.exit("usage: plot.py RUN_FOLDER PICTURE.png (needs MDAnalysis and matplotlib)")

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import MDAnalysis as mda
import numpy as np

folder, picture = sys.argv[1], sys.argv[2]
rows = [r for r in csv.DictReader(open(f"{folder}/log.csv")) if r["status"] != "quarantined"]
times = sorted({float(r["time_ps"]) for r in rows})
temperature = np.array([float(r["temperature_K"]) for r in rows]).reshape(len(times), -1)

distances = []
for trajectory in sorted(glob.glob(f"{folder}/trajectory.r*.nc")):
    topology = trajectory.replace("trajectory", "topology").replace(".nc", ".pdb")
    universe = mda.Universe(topology, trajectory)
    oxygens = universe.select_atoms("element O")
    for _ in universe.trajectory:
        x = oxygens.positions
        distances.append(np.linalg.norm(x[:, None] - x, axis=-1)[np.triu_indices(len(x), 1)])

plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), constrained_layout=True)
left.plot(times, temperature, color="#4c78a8", linewidth=0.5, alpha=0.5)
left.plot(times, temperature.mean(1), color="black", linewidth=1.5, label="mean of 16 replicas")
left.axhline(300, color="#e45756", linewidth=1, linestyle="--", label="thermostat")
left.set(xlabel="time (ps)", ylabel="temperature (K)", ylim=(0, None), xlim=(0, times[-1]))
left.legend(frameon=False)
right.hist(np.concatenate(distances), bins=120, range=(2, 6.5), density=True, color="#4c78a8")
right.set(xlabel="O-O distance within a cluster (Å)", ylabel="density")
figure.savefig(picture, dpi=120)
