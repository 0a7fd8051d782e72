"""Compares runs/argon/run with A. Rahman, Phys. Rev. 136, A405 (1964): g(r) and diffusion.

usage: analyse.py [FOLDER]    needs numpy, scipy (reads the trajectories) and nothing else
Errors are standard errors over the replicas (with one replica: none).
"""

import csv
import glob
import os
import sys

import numpy as np
from scipy.io import netcdf_file

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH = 0.05  # of a bin of g(r), A


def read(path):
    """Times (ps), coordinates [frame, atom, 3] and box edges (A); atoms are never wrapped."""
    with netcdf_file(path, "r", mmap=False) as f:
        return (np.array(f.variables["time"][:], float),
                np.array(f.variables["coordinates"][:], float),
                np.array(f.variables["cell_lengths"][0], float))


def radial_distribution(x, box, n_frames=20):
    """g(r) up to half the box: r, g averaged over n_frames frames."""
    edges = np.arange(0, box.min() / 2, WIDTH)
    counts = np.zeros(len(edges) - 1)
    n = x.shape[1]
    frames = np.unique(np.linspace(0, len(x) - 1, n_frames).astype(int))
    for frame in x[frames]:
        for i in range(n - 1):
            d = frame[i + 1:] - frame[i]
            d -= box * np.round(d / box)
            counts += np.histogram(np.sqrt((d * d).sum(1)), edges)[0]
    shell = 4 / 3 * np.pi * np.diff(edges**3)
    return edges[:-1] + WIDTH / 2, counts / (len(frames) * n * (n - 1) / 2) * box.prod() / shell


def diffusion(t, x):
    """D in cm2/s from the slope of <|x(t) - x(0)|^2> = 6 D t + c between 2 and 10 ps."""
    every = t[1] - t[0]
    lags = np.unique(np.linspace(2 / every, min(10 / every, len(t) / 2), 15).astype(int))
    msd = [((x[k:] - x[:-k])**2).sum(2).mean() for k in lags]
    return np.polyfit(lags * every, msd, 1)[0] / 6 * 1e-4  # A^2/ps = 1e-4 cm2/s


def mean(values):
    values = np.asarray(values, float)
    if len(values) < 2:
        return f"{values[0]:8.3f}         "
    return f"{values.mean():8.3f} +- {values.std(ddof=1) / len(values)**0.5:<5.3f}"


def main(folder):
    temperature, total = {}, {}
    with open(os.path.join(folder, "log.csv"), encoding="utf-8") as f:
        for row in csv.DictReader(f):
            if row["status"] == "quarantined":
                continue  # it has no numbers
            temperature.setdefault(row["replica"], []).append(float(row["temperature_K"]))
            total.setdefault(row["replica"], []).append(
                (float(row["time_ps"]), float(row["total_eV"])))
    position, height, minimum, d = [], [], [], []
    paths = sorted(glob.glob(os.path.join(folder, "trajectory*.nc")))
    if not paths:
        sys.exit(f"{folder}: no trajectories; run equilibrate.ini and run.ini first")
    for path in paths:
        t, x, box = read(path)
        r, g = radial_distribution(x, box)
        peak = int(np.argmax(g))
        a, b, c = np.polyfit(r[peak - 2:peak + 3], g[peak - 2:peak + 3], 2)
        position.append(-b / (2 * a))
        height.append(c - b * b / (4 * a))
        valley = (r > 4) & (r < 6.5)
        minimum.append(r[valley][np.argmin(g[valley])])
        d.append(diffusion(t, x) * 1e5)
    drift = [abs(np.polyfit(*np.array(e).T, 1)[0]) / x.shape[1] * 1e6 for e in total.values()]
    spread = [np.std([v for _, v in e]) / abs(np.mean([v for _, v in e])) for e in total.values()]

    print(f"{len(paths)} replicas of {x.shape[1]} atoms, {t[-1]:g} ps")
    print("                                    here               Rahman 1964")
    kelvin = mean([np.mean(v) for v in temperature.values()])
    print(f"temperature (K)                 {kelvin}   94.4")
    print(f"first peak of g(r) at (A)       {mean(position)}   3.7")
    print(f"  its height                    {mean(height)}   about 3")
    print(f"first minimum of g(r) at (A)    {mean(minimum)}")
    print(f"diffusion (1e-5 cm2/s)          {mean(d)}   2.43")
    print(f"energy drift (1e-6 eV/ps/atom)  {mean(drift)}")
    print(f"energy, spread / mean           {max(spread):.1e}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "../../runs/argon/run"))
