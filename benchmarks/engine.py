#!/usr/bin/env python3
"""Cost of the engine without a network, next to LAMMPS, ASE and TorchSim, in one run.

    benchmarks/engine.py [--program build/release/understudy] [--peers PYTHON] [--rounds 5]

Lennard-Jones argon at the LAMMPS melt density (rho* = 0.8442, cutoff 2.5 sigma, skin 0.3 sigma), 256 and
4,000 atoms, NVE, one thread: Understudy and each peer in turn, round by round, so that a change of the
machine's speed meets all of them. And, for Understudy alone, what a step costs outside the potential for
1, 64 and 1,024 replicas of 15 atoms. PYTHON is an interpreter with the packages of
benchmarks/requirements.txt; a peer that cannot be imported is left out, and said to be.

Writes benchmarks/results/engine-<host kind>.json and prints a table. Ratios are medians over rounds of
the peer's time to ours in the same round.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
SIGMA, EPSILON, DENSITY = 3.405, 0.0104, 0.8442  # A, eV, 1/sigma^3
ARGON_STEP = 2.0  # fs, about LAMMPS's 0.001-0.005 tau for these argon parameters
REDUCED_T = 1.44
BOLTZMANN = 8.617333262e-5  # eV/K


def fcc(n_atoms):
    cells = round((n_atoms / 4) ** (1 / 3))
    edge = (4 / DENSITY) ** (1 / 3) * SIGMA
    base = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    grid = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), -1).reshape(-1, 3)
    return (grid[:, None] + base).reshape(-1, 3) * edge, cells * edge


def write_xyz(path, positions, symbols, box=None):
    with open(path, "w") as f:
        lattice = f'Lattice="{box} 0 0 0 {box} 0 0 0 {box}" ' if box else 'pbc="F F F" '
        f.write(f"{len(positions)}\n{lattice}Properties=species:S:1:pos:R:3\n")
        for s, p in zip(symbols, positions):
            f.write(f"{s} {p[0]:.17g} {p[1]:.17g} {p[2]:.17g}\n")


def water_cluster():
    """Five water molecules on a ring; only the number of atoms matters here."""
    water = np.array([[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])
    angle = 2 * np.pi * np.arange(5) / 5
    centers = 2.4 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    return (centers[:, None] + water).reshape(-1, 3), ["O", "H", "H"] * 5


class Understudy:
    def __init__(self, program, folder, threads=1):
        self.program, self.folder, self.threads = program, pathlib.Path(folder), threads

    def run(self, structure, steps, keys):
        out = self.folder / "out"
        values = {"system.structure": structure, "potential.name": "lennard_jones", "integrator.steps": steps,
                  "output.directory": out, "output.overwrite": "yes", "output.every": 1000, "output.log_every": 1000,
                  "run.threads": self.threads, "run.progress": "off"} | keys
        ini = self.folder / "run.ini"
        sections = {}
        for key, value in values.items():
            section, name = key.split(".")
            sections.setdefault(section, []).append(f"{name} = {value}")
        ini.write_text("\n".join(f"[{s}]\n" + "\n".join(lines) for s, lines in sections.items()))
        subprocess.run([self.program, "run", ini], check=True, stdout=subprocess.DEVNULL)
        return json.loads((out / "timings.json").read_text())

    def lennard_jones_ms(self, n_atoms, steps):
        positions, box = fcc(n_atoms)
        path = self.folder / f"argon{n_atoms}.xyz"
        write_xyz(path, positions, ["Ar"] * n_atoms, box)
        t = self.run(path, steps, {
            "potential.epsilon": EPSILON, "potential.sigma": SIGMA, "potential.cutoff": 2.5 * SIGMA,
            "integrator.method": "velocity_verlet", "integrator.time_step": f"{ARGON_STEP} fs",
            "integrator.temperature": REDUCED_T * EPSILON / BOLTZMANN, "neighbors.skin": 0.3 * SIGMA})
        return 1e3 * t["wall_s"] / t["steps"]

    def outside_us(self, replicas, method, steps):
        positions, symbols = water_cluster()
        path = self.folder / "cluster.xyz"
        write_xyz(path, positions, symbols)
        t = self.run(path, steps, {
            "system.replicas": replicas, "potential.epsilon": 1e-6, "potential.sigma": 1, "potential.cutoff": 5,
            "integrator.method": method, "integrator.time_step": "0.5 fs", "integrator.temperature": 300,
            "output.layout": "packed"})
        return 1e6 * (t["wall_s"] - t["phases"]["potential"]) / t["steps"]


def peer_ms(python, peer, n_atoms, steps):
    """One measurement in a process of its own; None when the peer is not there."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE",
                                "LD_LIBRARY_PATH": str(pathlib.Path(python).parent.parent / "lib")}
    done = subprocess.run([python, HERE / "engine_peers.py", peer, str(n_atoms), str(steps)], env=environment,
                          capture_output=True, text=True)
    if done.returncode == 77:
        return None
    if done.returncode != 0:
        raise SystemExit(f"{peer}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")
    return float(done.stdout.split()[-1])


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--program", default=str(HERE.parent / "build/release/understudy"))
    p.add_argument("--peers", default=sys.executable)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--output", default=str(HERE / "results" / "engine.json"))
    a = p.parse_args()
    # steps per measurement: about half a second each
    steps = {"understudy": {256: 10000, 4000: 800}, "lammps": {256: 10000, 4000: 800},
             "ase": {256: 10, 4000: 3}, "torch-sim": {256: 20, 4000: 5}}
    rows, missing = {}, set()
    with tempfile.TemporaryDirectory() as folder:
        ours = Understudy(a.program, folder)
        for round_ in range(a.rounds):
            for n in (256, 4000):
                for who in steps:
                    if who in missing:
                        continue
                    ms = ours.lennard_jones_ms(n, steps[who][n]) if who == "understudy" else \
                        peer_ms(a.peers, who, n, steps[who][n])
                    if ms is None:
                        missing.add(who)
                        continue
                    rows.setdefault((n, who), []).append(ms)
                    print(f"\rround {round_ + 1}/{a.rounds}: {n} atoms, {who}: {ms:.4f} ms/step\x1b[K", end="",
                          file=sys.stderr)
        print("\r\x1b[K", end="", file=sys.stderr)
        overhead = {(r, m): [ours.outside_us(r, m, 20000 if r < 1000 else 2000) for _ in range(a.rounds)]
                    for r in (1, 64, 1024) for m in ("velocity_verlet", "langevin")}

    result = {"device": cpu_name(), "threads": 1, "rounds": a.rounds, "lennard_jones": [], "outside_potential": []}
    print(f"{cpu_name()}, one thread, medians of {a.rounds} interleaved rounds (min-max)\n")
    print("| Lennard-Jones atoms | program | ms/step | min - max | time / Understudy's |\n|---|---|---|---|---|")
    for (n, who), ms in rows.items():
        ratio = statistics.median(x / y for x, y in zip(ms, rows[n, "understudy"]))
        result["lennard_jones"].append({"atoms": n, "program": who, "ms_per_step": ms, "ratio": ratio})
        print(f"| {n} | {who} | {statistics.median(ms):.4f} | {min(ms):.4f} - {max(ms):.4f} | {ratio:.2f} |")
    for who in sorted(missing):
        print(f"\n{who} was left out: it cannot be imported by {a.peers}")
    print("\n| replicas of 15 atoms | integrator | µs per step outside the potential | min - max |\n|---|---|---|---|")
    for (replicas, method), us in overhead.items():
        result["outside_potential"].append({"replicas": replicas, "method": method, "us_per_step": us})
        print(f"| {replicas} | {method} | {statistics.median(us):.1f} | {min(us):.1f} - {max(us):.1f} |")
    pathlib.Path(a.output).parent.mkdir(exist_ok=True)
    pathlib.Path(a.output).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
