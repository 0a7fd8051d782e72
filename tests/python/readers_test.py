"""Opens the trajectories that write_samples made with four other programs and compares every number.

usage: readers_test.py FOLDER    (exit status 77: one of the programs is not installed)
"""

import json
import os
import sys
import warnings

try:
    import ase.io
    import chemfiles
    import MDAnalysis
    import mdtraj
    import netCDF4  # noqa: F401  ASE reads NetCDF through it
    import numpy as np
    from ase import units
    from ase.cell import Cell
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

warnings.simplefilter("ignore")
chemfiles.set_warnings_callback(lambda message: None)

KCAL = units.kcal / units.mol  # eV
KJ = units.kJ / units.mol  # eV
SINGLE = dict(rtol=3e-7, atol=2e-6)


class Expected:
    """What one trajectory file must hold; `frames` in the orientation of the input."""

    def __init__(self, numbers, periodic, frames, cell):
        self.numbers = np.array(numbers)
        self.pbc = np.array(periodic)
        self.frames = frames
        self.cell = None  # rows as AMBER has them
        self.rotation = np.eye(3)  # x_file = x @ rotation
        if cell is not None:
            cell = np.array(cell)
            for k in np.flatnonzero(~np.any(cell, axis=1)):
                normal = np.cross(cell[k - 2], cell[k - 1])
                cell[k] = 1000 * normal / np.linalg.norm(normal)
            if np.linalg.det(cell) < 0:
                cell[2] *= -1
            standard, q = Cell(cell).standard_form()
            self.cell, self.rotation = standard.array, q.T

    def array(self, name, frame):
        return np.array(self.frames[frame][name]) @ self.rotation


def close(actual, wanted, what, rtol=1e-6, atol=1e-6):
    np.testing.assert_allclose(actual, wanted, rtol=rtol, atol=atol, err_msg=what)


def check_mdanalysis(nc, pdb, sample, e):
    u = MDAnalysis.Universe(pdb, nc)
    assert len(u.trajectory) == len(e.frames), "number of frames"
    symbols = [ase.data.chemical_symbols[z] for z in e.numbers]
    assert list(u.atoms.elements) == symbols, "elements"
    for k, ts in enumerate(u.trajectory):
        close(ts.time, e.frames[k]["time_ps"], "time")
        close(ts.positions, e.array("positions", k), "positions", **SINGLE)
        assert ts.has_velocities == sample["velocities"] and ts.has_forces == sample["forces"]
        if sample["velocities"]:
            close(ts.velocities, 1000 * e.array("velocities", k), "velocities", **SINGLE)
        if sample["forces"]:
            close(ts.forces, e.array("forces", k) / KJ, "forces", rtol=1e-6, atol=1e-4)
        if e.cell is None:
            assert ts.dimensions is None, "an aperiodic system has a cell"
        else:
            close(ts.dimensions, Cell(e.cell).cellpar(), "cell", rtol=1e-5)


def check_mdtraj(nc, pdb, sample, e):
    t = mdtraj.load(nc, top=pdb)
    assert t.n_frames == len(e.frames), "number of frames"
    assert [a.element.atomic_number for a in t.topology.atoms] == list(e.numbers), "elements"
    for k in range(t.n_frames):
        close(t.time[k], e.frames[k]["time_ps"], "time")
        close(10 * t.xyz[k], e.array("positions", k), "positions", rtol=1e-6, atol=5e-6)
        if e.cell is None:
            assert t.unitcell_vectors is None, "an aperiodic system has a cell"
        else:
            close(10 * t.unitcell_vectors[k], e.cell, "cell", rtol=1e-5, atol=1e-4)


def check_chemfiles(nc, pdb, sample, e):
    with chemfiles.Trajectory(nc, "r", "Amber NetCDF") as trajectory:
        assert trajectory.nsteps == len(e.frames), "number of frames"
        for k in range(trajectory.nsteps):
            frame = trajectory.read()
            close(frame.positions, e.array("positions", k), "positions", **SINGLE)
            assert frame.has_velocities() == sample["velocities"]
            if sample["velocities"]:
                close(frame.velocities, 1000 * e.array("velocities", k), "velocities", **SINGLE)
            if e.cell is None:
                assert frame.cell.shape == chemfiles.CellShape.Infinite, "cell"
            else:
                close(frame.cell.lengths, Cell(e.cell).cellpar()[:3], "cell lengths")
                close(frame.cell.angles, Cell(e.cell).cellpar()[3:], "cell angles")
    with chemfiles.Trajectory(pdb) as trajectory:
        frame = trajectory.read()
        assert [a.atomic_number for a in frame.atoms] == list(e.numbers), "elements of the PDB"
        close(frame.positions, e.array("positions", 0), "positions of the PDB", atol=6e-4)


def check_ase_netcdf(nc, pdb, sample, e):
    atoms = ase.io.read(pdb)
    assert list(atoms.numbers) == list(e.numbers), "elements of the PDB"
    close(atoms.positions, e.array("positions", 0), "positions of the PDB", atol=6e-4)
    assert any(atoms.pbc) == (e.cell is not None), "periodicity of the PDB"
    if e.cell is None:
        return  # ASE reads no NetCDF without a cell; it has the extended XYZ
    images = ase.io.read(nc, index=":", format="netcdftrajectory")
    assert len(images) == len(e.frames), "number of frames"
    for k, atoms in enumerate(images):
        assert list(atoms.numbers) == list(e.numbers), "elements"
        close(atoms.positions, e.array("positions", k), "positions", **SINGLE)
        close(atoms.cell.cellpar(), Cell(e.cell).cellpar(), "cell", rtol=1e-5)


def check_ase_xyz(path, sample, replicas):
    images = ase.io.read(path, index=":")
    n_frames = len(replicas[0][1]["frames"])
    assert len(images) == n_frames * len(replicas), "number of frames"
    for k, atoms in enumerate(images):
        number, replica = replicas[k % len(replicas)]
        frame = replica["frames"][k // len(replicas)]
        assert list(atoms.numbers) == replica["numbers"], "elements"
        assert atoms.info["step"] == frame["step"] and atoms.info["replica"] == number
        assert atoms.info["time_ps"] == frame["time_ps"]
        assert list(atoms.pbc) == replica["periodic"], "pbc"
        assert np.array_equal(atoms.positions, frame["positions"]), "positions bit by bit"
        assert np.array_equal(atoms.cell.array, frame["cell"]), "cell bit by bit"
        assert atoms.get_potential_energy() == frame["energy"], "energy"
        assert atoms.has("momenta") == sample["velocities"]
        if sample["velocities"]:
            velocities = atoms.get_velocities() * units.fs
            close(velocities, frame["velocities"], "velocities", rtol=1e-7, atol=0)
        if sample["forces"]:
            assert np.array_equal(atoms.get_forces(), frame["forces"]), "forces bit by bit"
        if all(replica["periodic"]):
            close(atoms.get_stress(voigt=False), frame["stress"], "stress", rtol=1e-14, atol=0)
        else:
            assert "stress" not in atoms.calc.results, "a molecule, chain or slab has no stress"


def trajectories(sample):
    """(number in the file names or None, Expected, [(replica number, replica)])"""
    replicas = sample["replicas"]
    if not sample["packed"]:
        for r, replica in enumerate(replicas):
            cell = replica["frames"][0]["cell"] if any(replica["periodic"]) else None
            name = f".r{r:04d}" if len(replicas) > 1 else ""
            expected = Expected(replica["numbers"], replica["periodic"], replica["frames"], cell)
            yield name, expected, [(r, replica)]
        return
    frames = []
    for k, first in enumerate(replicas[0]["frames"]):
        frame = dict(first)
        for name in ("positions", "velocities", "forces"):
            frame[name] = sum((replica["frames"][k][name] for replica in replicas), [])
        frames.append(frame)
    cell = frames[0]["cell"] if any(replicas[0]["periodic"]) else None
    numbers = sum((replica["numbers"] for replica in replicas), [])
    expected = Expected(numbers, replicas[0]["periodic"], frames, cell)
    yield "", expected, list(enumerate(replicas))


def main(folder):
    with open(os.path.join(folder, "expected.json")) as file:
        expected_file = json.load(file)
    for z, (symbol, mass) in enumerate(expected_file["elements"], start=1):
        assert symbol == ase.data.chemical_symbols[z] and mass == ase.data.atomic_masses[z], symbol
    n_failed = n_checks = 0
    for sample in expected_file["samples"]:
        for name, expected, replicas in trajectories(sample):
            path = os.path.join(folder, sample["name"])
            nc, pdb = f"{path}/trajectory{name}.nc", f"{path}/topology{name}.pdb"
            checks = {
                check.__name__[6:]: (lambda check=check: check(nc, pdb, sample, expected))
                for check in (check_mdanalysis, check_mdtraj, check_chemfiles, check_ase_netcdf)
            }
            checks["ase_xyz"] = lambda: check_ase_xyz(
                f"{path}/trajectory{name}.xyz", sample, replicas
            )
            for title, check in checks.items():
                n_checks += 1
                try:
                    check()
                except Exception as error:  # every reader's own kinds
                    n_failed += 1
                    print(f"FAILED {sample['name']}{name} {title}: {type(error).__name__}: {error}")
    print(f"{n_checks - n_failed} of {n_checks} checks passed")
    return 1 if n_failed or n_checks == 0 else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
