"""Structures and cases of student.py, with the ratios they are held to."""
import dataclasses

import ase
import ase.build
import ase.io
import numpy as np

MOLECULES = {"h2o": "H2O", "nh3": "NH3", "ch4": "CH4", "c2h6": "C2H6", "c6h6": "C6H6", "ch3cooh": "CH3COOH"}
BATCHES = (8, 16, 64, 256, 1024)
# Volume of a water molecule at 1 g/cm3, A^3.
WATER_VOLUME = 29.915


def waters_at(centers, random):
    """Water molecules about the centers, each turned at random."""
    water = ase.build.molecule("H2O")
    shape = water.positions - water.get_center_of_mass()
    turns = [np.linalg.qr(random.normal(size=(3, 3)))[0] for _ in centers]
    positions = np.concatenate([shape @ turn.T + center for turn, center in zip(turns, centers)])
    return ase.Atoms(numbers=np.tile(water.numbers, len(centers)), positions=positions)


def system(name):
    """A molecule of ASE's collection; water15, five waters on a ring, 2.8 A between oxygens; or box<atoms>, a
    periodic cube of waters on a simple cubic lattice at 1 g/cm3."""
    random = np.random.default_rng(0)
    if name in MOLECULES:
        return ase.build.molecule(MOLECULES[name])
    if name == "water15":
        angle = 2 * np.pi * np.arange(5) / 5
        ring = 2.8 / (2 * np.sin(np.pi / 5)) * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
        return waters_at(ring, random)
    per_edge = round((int(name.removeprefix("box")) // 3) ** (1 / 3))
    edge = per_edge * WATER_VOLUME ** (1 / 3)
    grid = np.arange(per_edge) * edge / per_edge
    atoms = waters_at(np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), -1).reshape(-1, 3), random)
    atoms.set_cell([edge] * 3)
    atoms.pbc = True
    return atoms


def write_batch(path, name, batch):
    """Copies of a system as the frames of a file, every atom displaced by 0.01 A of noise."""
    atoms, random, frames = system(name), np.random.default_rng(1), []
    for _ in range(batch):
        frame = atoms.copy()
        frame.positions += 0.01 * random.normal(size=frame.positions.shape)
        frames.append(frame)
    ase.io.write(path, frames, format="extxyz")


@dataclasses.dataclass
class Case:
    """One row: energy and forces of a batch. must and goal: ratios (to eager, to torch.compile)."""
    system: str
    batch: int = 1
    must: tuple = (None, None)
    goal: tuple = (None, None)
    quick: bool = False
    strict: bool = False

    @property
    def name(self):
        return self.system if self.batch == 1 else f"{self.system} x {self.batch}"

    @property
    def held_to_compile(self):
        return self.must[1] is not None


def all_cases():
    held = {("water15", 1): ((18, 7), (30, 12)), ("h2o", 1): ((25, 9), (50, 18)), ("c6h6", 1): ((20, None), (35, None)),
            ("water15", 16): ((10, 7), (15, 11)), ("water15", 64): ((10, 5.5), (15, 8)),
            ("box192", 1): ((20, None), (35, None))}
    strict = {("water15", 1), ("water15", 64), ("h2o", 64), ("box192", 1)}
    keys = [("water15", 1)] + [(name, 1) for name in MOLECULES] + \
        [(name, batch) for name in ("h2o", "c6h6", "water15") for batch in BATCHES] + [("box192", 1), ("box1536", 1)]
    return [Case(*key, *held.get(key, ((None, None), (None, None))), key in held, key in strict) for key in keys]


@dataclasses.dataclass
class Dynamics:
    """One row: steps of 0.5 fs of copies of a 15-atom cluster at 50 K, a frame and a row of the log every 100."""
    name: str
    peer: str
    replicas: int
    steps: int       # of our run
    peer_steps: int  # of one call of the peer
    must: float
    goal: float


DYNAMICS = [Dynamics("dynamics, one cluster", "ase", 1, 2000, 20, 20, 30),
            Dynamics("dynamics, 64 clusters", "torch-sim", 64, 200, 1, 12, 20)]
TIME_STEP, TEMPERATURE, EVERY = 0.5, 50, 100  # fs, K, steps

# The least and the wanted share of the matrix product's own rate that a batch of clusters reaches, of the bare
# kernels' rate that the whole step reaches, and the most that strict may cost.
PRODUCT_SHARE, STEP_SHARE, STRICT_COST = (0.7, 0.8), 0.9, 0.15
PROFILED = [("h2o", 1), ("water15", 1), ("water15", 64), ("box192", 1)]
SCALING = {"atoms": ["box192", "box1536", "box12288", "box98304"], "replicas": [1, 8, 64, 512, 2048, 6667]}
