"""Checks of an output folder with Python alone; MDAnalysis opens the trajectories if it is there."""

import csv
import json
import math
import os
import re
import sys

COLUMNS = ["step", "time_ps", "replica", "temperature_K", "potential_eV", "kinetic_eV", "total_eV",
           "status"]
PERIODIC_COLUMNS = ["volume_A3", "pressure_GPa"]
LAST_COLUMNS = ["name", "target_temperature_K"]


def require(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def rows_of(folder):
    with open(os.path.join(folder, "log.csv"), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def last_step(log):
    """Of a log that may not be there yet or end in half a line: -1 where nothing is."""
    try:
        with open(log, encoding="utf-8") as f:
            lines = f.read().split("\n")[1:-1]
        return int(lines[-1].split(",")[0]) if lines else -1
    except FileNotFoundError:
        return -1


def load(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return json.load(f)


def same(a, b):
    """Bit for bit."""
    with open(a, "rb") as f, open(b, "rb") as g:
        return f.read() == g.read()


def steps_done(folder):
    return load(folder, "summary.json")["steps"]


def check(folder, atoms, steps, periodic=False):
    """Every promised file of a finished run of replicas with `atoms` atoms, sampled at `steps`."""
    n, steps = len(atoms), list(steps)
    tags = [f".r{r:04d}" for r in range(n)] if n > 1 else [""]
    for name in ["log.csv", "timings.json", "summary.json", "input.ini", "checkpoint.nc",
                 *(f"trajectory{t}.nc" for t in tags), *(f"topology{t}.pdb" for t in tags)]:
        path = os.path.join(folder, name)
        require(os.path.exists(path) and os.path.getsize(path) > 0, f"{name} is missing or empty")
    check_log(folder, n, steps, periodic)
    check_json(folder, atoms)
    for r, tag in enumerate(tags):
        check_trajectory(folder, tag, atoms[r], len(steps))


def check_log(folder, n, steps, periodic):
    rows = rows_of(folder)
    wanted = COLUMNS + (PERIODIC_COLUMNS if periodic else []) + LAST_COLUMNS
    # Potentials that estimate their own error have two more.
    found = [name for name in rows[0] if name not in ("uncertainty_eV_A", "uncertainty_atom")]
    require(found == wanted, f"columns of log.csv are {list(rows[0])}, expected {wanted}")
    seen = [(int(row["step"]), int(row["replica"])) for row in rows]
    require(seen == [(s, r) for s in steps for r in range(n)],
            f"log.csv has {len(seen)} rows, expected {len(steps)} steps of {n} replicas")
    for row in rows:
        energies = [float(row[c]) for c in ("potential_eV", "kinetic_eV", "total_eV")]
        require(all(map(math.isfinite, energies)), f"an energy is not finite: {row}")
        require(abs(energies[0] + energies[1] - energies[2]) < 1e-6,
                f"energies do not add up: {row}")
        require(row["status"] == "running", f"a replica is not well: {row}")


def check_json(folder, atoms):
    timings, summary = load(folder, "timings.json"), load(folder, "summary.json")
    require(timings["atoms"] == sum(atoms) and timings["replicas"] == len(atoms),
            f"timings.json counts other atoms or replicas: {timings}")
    require(timings["steps_per_s"] > 0 and timings["phases"]["potential"] > 0, "no time was spent")
    replicas = summary["replicas"]
    require([r["replica"] for r in replicas] == list(range(len(atoms))), "replicas of summary.json")
    require(all(r["status"] == "finished" for r in replicas), "not every replica is finished")


def check_trajectory(folder, tag, n_atoms, n_frames):
    path = os.path.join(folder, f"trajectory{tag}.nc")
    with open(path, "rb") as f:
        require(f.read(4) == b"CDF\x02", f"{path} is not a netCDF file of 64-bit offsets")
    try:
        import MDAnalysis  # pylint: disable=import-outside-toplevel
    except ImportError:
        print("not checked: trajectories in MDAnalysis, which is not installed")
        return
    universe = MDAnalysis.Universe(os.path.join(folder, f"topology{tag}.pdb"), path)
    require(universe.atoms.n_atoms == n_atoms, f"{path}: {universe.atoms.n_atoms} atoms")
    require(len(universe.trajectory) == n_frames, f"{path}: {len(universe.trajectory)} frames")
    first = universe.trajectory[0].positions.copy()
    moved = abs(universe.trajectory[-1].positions - first).max()
    require(0 < moved < 100, f"{path}: atoms moved by at most {moved} A")


def check_temperature(folder, low, high):
    """The mean over replicas and the second half of the rows."""
    rows = rows_of(folder)
    late = [float(row["temperature_K"]) for row in rows[len(rows) // 2:]]
    mean = sum(late) / len(late)
    require(low < mean < high, f"mean temperature {mean:.1f} K, expected {low} to {high} K")


def check_energy_between_replicas(folder, tolerance):
    """Copies of one system stay within `tolerance` eV of each other, and are not the same."""
    rows = rows_of(folder)
    last = [float(r["potential_eV"]) for r in rows if r["step"] == rows[-1]["step"]]
    spread = max(last) - min(last)
    require(0 < spread < tolerance, f"copies of one system differ by {spread} eV")


def check_first_energy(folder, replica, energy, tolerance):
    first = next(r for r in rows_of(folder) if int(r["replica"]) == replica)
    require(abs(float(first["potential_eV"]) - energy) < tolerance,
            f"potential energy {first['potential_eV']} eV, expected {energy}")


def check_conservation(folder, relative):
    total = [float(r["total_eV"]) for r in rows_of(folder)]
    spread = (max(total) - min(total)) / abs(total[0])
    require(spread < relative, f"total energy varies by {spread:.1e}, allowed {relative:.1e}")


def check_line(report, label, low, high):
    line = next(line for line in report.split("\n") if label in line)
    value = float(re.search(r"\s{2,}(-?\d+\.\d+)", line)[1])
    require(low < value < high, f"{line.strip()}: expected {low} to {high}")
