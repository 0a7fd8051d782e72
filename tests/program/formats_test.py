"""Structures of other programs: SDF and MOL, POSCAR, .gro, as ASE reads and writes them."""

import ase
import ase.build
import ase.io
import ase.units
import numpy as np

from harness import *

DATA = SOURCE / "tests/data"
RUN = {"potential.name": "painn", "potential.model": STUDENT, "potential.precision": "float64",
       "integrator.method": "velocity_verlet", "integrator.time_step": "0.5 fs", "integrator.steps": 0,
       "output.trajectory": "extxyz", "output.velocities": "yes", "output.directory": "out", "output.overwrite": "yes"}


def energies(path, *more):
    ok("energy", f"--system.structure={path}", "--output.file=o.xyz", "--output.overwrite=yes",
       "--potential.name=lennard_jones", "--potential.epsilon=0.01 eV", "--potential.sigma=1 A",
       "--potential.cutoff=3 A", *more)
    return ase.io.read("o.xyz", ":")


def refused(path, text, *words):
    with open(path, "w") as file:
        file.write(text)
    done = call("energy", f"--system.structure={path}", "--output.file=n.xyz", *(f"--{k}={v}" for k, v in LJ.items()))
    expect(done.returncode == 2 and len(done.stderr.splitlines()) == 1, path, text, done.returncode, done.stderr)
    for word in words:
        expect(word in done.stderr, word, done.stderr)


def test_sdf():
    frames = energies(DATA / "molecules.sdf")
    expect(len(frames) == 2, len(frames))
    wanted = ase.io.read(DATA / "molecules.sdf", format="sdf")
    expect(list(frames[0].numbers) == list(wanted.numbers), frames[0])
    expect(np.abs(frames[0].positions - wanted.positions).max() < 1e-9, "positions of the first")
    expect(frames[0].info["name"] == "acetamide" and frames[0].info["SMILES"] == "CC(=O)N", frames[0].info)
    expect(frames[0].info["reference_energy"] == -1.5 and frames[0].info["note of two lines"] == "first second",
           frames[0].info)
    expect(sorted(frames[1].get_chemical_symbols()) == ["C", "H", "H", "H", "N", "O", "O"], frames[1])
    expect(np.allclose(frames[1].get_masses()[frames[1].numbers == 1], 2.014, atol=1e-3), frames[1].get_masses())
    same = energies(DATA / "acetamide_v3000.mol")[0]
    expect(list(same.numbers) == list(frames[0].numbers), same)
    expect(np.abs(same.positions - frames[0].positions).max() < 1e-4, "V3000 and V2000")
    ini("a.ini", RUN, system__structure=DATA / "molecules.sdf")
    ok("run", "a.ini")
    bonds = [line.split()[1:] for line in open("out/topology.r0000.pdb") if line.startswith("CONECT")]
    expect(["1", "2"] in [b[:2] for b in bonds], bonds)


MOL = """
  x                 3D

  2  1  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 O   0  0  0  0  0  0
    0.0000    0.0000    0.9700 H   0  0  0  0  0  0
  1  2  1  0
M  CHG  1   1  -1
M  END
"""


def test_what_a_molfile_says_is_not_lost():
    refused("ion.mol", MOL, "ion.mol", "charge")
    ion = energies("ion.mol", "--potential.ignore_charge=yes")[0]
    expect(ion.info["charge"] == -1, ion.info)
    for line, deuterium in (("", True), ("M  ISO  1   1  18\n", False)):  # which replaces the differences
        with open("heavy.mol", "w") as file:
            file.write(MOL.replace("M  CHG  1   1  -1\n", line).replace("H   0  0", "H   1  0"))
        masses = energies("heavy.mol")[0].get_masses()
        expect(np.allclose(masses, [15.999, 2.014] if deuterium else [18, 1.008], atol=1e-3), masses)
    refused("radical.mol", MOL.replace("M  CHG  1   1  -1", "M  RAD  1   1   2"), "radical.mol", "spin")
    refused("query.mol", MOL.replace(" O   0", " R#  0"), "query.mol:5", "element")
    refused("bond.mol", MOL.replace("  1  2  1  0", "  1  3  1  0"), "bond.mol:7", "atom 3")
    refused("cut.mol", MOL[:120], "cut.mol")
    refused("drawn.mol", MOL.replace("3D", "2D").replace("0.9700 H", "0.0000 H").replace(
        "    0.0000    0.0000    0.0000 H", "    0.9700    0.0000    0.0000 H"), "drawn.mol", "2D")
    refused("version.mol", MOL.replace("V2000", "V4000"), "version.mol:4", "V4000")


def test_poscar():
    crystal = ase.build.bulk("Ar", "fcc", 5.4, cubic=True) * (2, 2, 3)
    crystal.rattle(0.1, seed=3)
    crystal.set_cell(crystal.cell @ np.array([[1, .1, 0], [0, 1, .05], [0, 0, 1]]), scale_atoms=True)
    for name, direct in (("POSCAR", True), ("a.vasp", False), ("CONTCAR.gz", True)):
        ase.io.write(name, crystal, format="vasp", direct=direct)
        found = energies(name)[0]
        expect(found.pbc.all() and np.abs(found.cell - crystal.cell).max() < 1e-8, name, found.cell)
        expect(np.abs(found.positions - crystal.positions).max() < 1e-8, name)
    text = ("fcc\n -64.0\n 2 0 0\n 0 2 0\n 0 0 2\nAr_pv Ne\n1 1\nSelective dynamics\nCartesian\n"
            "0 0 0 T T T\n1 1 1 F F F first\n\n0.01 0 0\n0 0 0\n")
    with open("scaled.poscar", "w") as file:
        file.write(text)
    found = energies("scaled.poscar")[0]  # the volume is 64 A^3: everything is doubled
    expect(np.allclose(found.cell, 4 * np.eye(3)) and np.allclose(found.positions[1], 2), found.positions)
    expect(list(found.numbers) == [18, 10] and list(found.constraints[0].index) == [1], found)
    ini("v.ini", {**RUN, **LJ, "potential.cutoff": "1.9 A", "neighbors.skin": "0.05 A"}, system__structure="scaled.poscar")
    refused("old.poscar", text.replace("Ar_pv Ne\n", ""), "old.poscar:6", "VASP 4")
    refused("some.poscar", text.replace("F F F", "T F F"), "some.poscar:11", "axes")
    refused("mode.poscar", text.replace("Cartesian", "spherical"), "mode.poscar:9", "Direct")
    refused("flat.poscar", text.replace(" 0 0 2\n", " 0 2 0\n"), "flat.poscar", "lattice")
    refused("short.poscar", text[:text.index("1 1 1 F")], "short.poscar", "ends before")
    refused("many.poscar", text.replace("1 1\nSel", "1 999999999\nSel"), "many.poscar:7", "short")


def test_gro():
    water = ase.build.molecule("H2O")
    water.set_cell([20, 21, 22])
    water.pbc = True
    water.positions += 8
    water.set_velocities(np.random.default_rng(1).normal(size=(3, 3)) * 0.05)
    ase.io.write("ase.gro", water, format="gromacs")
    text = ("Water t= 1.0\n    3\n    1SOL     OW    1   0.126   1.624   1.679  0.1227 -0.0580  0.0434\n"
            "    1SOL    HW1    2   0.190   1.661   1.747  0.8085  0.3191 -0.7791\n"
            "    1SOL    HW2    3   0.177   1.568   1.613 -0.9045 -2.6469  1.3180\n   1.82060   1.82060   1.82060\n")
    with open("w.gro", "w") as file:
        file.write(text + text.replace("1.82060   1.82060   1.82060", "2.0 2.0 2.0 0 0 0.5 0 0 0"))
    first, second = energies("w.gro")
    expect(list(first.numbers) == [8, 1, 1] and np.allclose(first.positions[0], [1.26, 16.24, 16.79]), first.positions)
    expect(np.allclose(first.cell, 18.206 * np.eye(3)) and np.allclose(second.cell[1], [5, 20, 0]), second.cell)
    ini("g.ini", RUN, system__structure="w.gro")
    ok("run", "g.ini")
    v = ase.io.read("out/trajectory.r0000.xyz", 0).arrays["vel"] if "vel" in ase.io.read(
        "out/trajectory.r0000.xyz", 0).arrays else ase.io.read("out/trajectory.r0000.xyz", 0).get_velocities() * ase.units.fs
    expect(np.abs(v - v.mean(0) - (np.array([[.1227, -.058, .0434], [.8085, .3191, -.7791], [-.9045, -2.6469, 1.318]]) * .01
                                   - 0)).max() < 0.02, v)
    fine = text.replace("   0.126   1.624   1.679  0.1227 -0.0580  0.0434", "   0.12600   1.62400   1.67900").replace(
        "   0.190   1.661   1.747  0.8085  0.3191 -0.7791", "   0.19000   1.66100   1.74700").replace(
        "   0.177   1.568   1.613 -0.9045 -2.6469  1.3180", "   0.17700   1.56800   1.61300")
    with open("fine.gro", "w") as file:
        file.write(fine)
    expect(np.allclose(energies("fine.gro")[0].positions, first.positions), "five decimals")
    refused("doubt.gro", text.replace("SOL     OW", "LIG     CA"), "doubt.gro:3", "CA")
    refused("cut.gro", text[:150], "cut.gro")
    refused("box.gro", text.replace("1.82060   1.82060   1.82060", "1.8 1.8"), "box.gro:6", "3 or 9")


if __name__ == "__main__":
    main(*[f for n, f in list(globals().items()) if n.startswith("test_")])
