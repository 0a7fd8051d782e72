"""What structure files say, as the program uses or refuses it. ASE and gemmi are the judges.

usage: structures_test.py PROGRAM [SOURCE_DIR]
"""

import gzip
import json
import pathlib

import ase.io
import ase.units
import numpy as np
from ase.constraints import FixAtoms

from harness import call, expect, ini, main, ok, read_log, same_files

LJ = {"potential.name": "lennard_jones", "potential.epsilon": "0.01 eV", "potential.sigma": "1 A",
      "potential.cutoff": "2.5 A"}
NVE = {"integrator.method": "velocity_verlet", "integrator.time_step": "0.2 fs"}
NVT = {"integrator.method": "langevin", "integrator.time_step": "0.2 fs",
       "integrator.temperature": "300 K"}

OUT = {"output.file": "out.xyz", "output.overwrite": "yes"}


def keys(*parts, **own):
    every = {}
    for part in parts:
        every.update(part)
    every.update({k.replace("__", "."): v for k, v in own.items()})
    return [f"--{k}={v}" for k, v in every.items()]


def waters(masses=None, seed=1):
    atoms = ase.Atoms("OHHOHH", [[0, 0, .1173], [0, .7572, -.4692], [0, -.7572, -.4692],
                                 [2.9, 0, .1173], [2.9, .7572, -.4692], [2.9, -.7572, -.4692]])
    if masses is not None:
        atoms.set_masses(masses)
    p = np.random.default_rng(seed).normal(0, 0.2, (6, 3)) * np.sqrt(atoms.get_masses())[:, None]
    atoms.set_momenta(p)
    return atoms


def run(structure, folder, *parts, **own):
    return ok("run", *keys(LJ, {"system.structure": structure, "output.directory": folder,
                                "output.trajectory": "extxyz", "output.log_every": 1,
                                "output.every": 10, "integrator.steps": 40}, *parts, **own))


def summary(folder):
    return json.loads(pathlib.Path(folder, "summary.json").read_text())


def refused(*arguments, says, **options):
    done = call(*arguments, **options)
    expect(done.returncode == 2, "exit", done.returncode, done.stderr)
    lines = [x for x in done.stderr.splitlines() if not x.startswith("warning:")]
    expect(len(lines) == 1, "not one line:", done.stderr)
    for part in says:
        expect(part in lines[0], f"no {part!r} in:", lines[0])


def energy(structure, *more):
    return ok("energy", *keys(LJ, {"system.structure": structure}, OUT), *more)


def test_masses_of_a_file_are_used():
    atoms = waters([15.999, 2.014, 2.014, 17.999, 2.014, 2.014])
    ase.io.write("d2o.xyz", atoms, format="extxyz", columns=["symbols", "positions", "masses",
                                                             "momenta"])
    run("d2o.xyz", "a", NVE, system__remove_drift="no", output__velocities="yes")
    row = read_log("a")[0]
    expect(abs(float(row["kinetic_eV"]) - atoms.get_kinetic_energy()) < 1e-7, row)
    expect(np.allclose(summary("a")["replicas"][0]["masses_u"], atoms.get_masses()), "summary")
    last = ase.io.read("a/trajectory.xyz", -1)
    expect(np.allclose(last.get_masses(), atoms.get_masses()), "trajectory")
    expect(abs(last.get_kinetic_energy() - float(read_log("a")[-1]["kinetic_eV"])) < 1e-6,
           "momenta and masses of the trajectory do not belong together")


def test_deuterium_has_its_mass():
    pathlib.Path("d.xyz").write_text("3\n\nO 0 0 0.1173\nD 0 0.7572 -0.4692\nT 0 -0.7572 -0.4692\n")
    run("d.xyz", "a", NVT)
    masses = summary("a")["replicas"][0]["masses_u"]
    expect(np.allclose(masses, [15.999, 2.0141018, 3.0160493]), masses)


def test_hydrogen_mass_keeps_that_of_the_molecule():
    ase.io.write("w.xyz", waters(), format="extxyz")
    run("w.xyz", "a", NVT, system__hydrogen_mass="3 u")
    masses = np.array(summary("a")["replicas"][0]["masses_u"])
    expect(np.allclose(masses[[1, 2, 4, 5]], 3), masses)
    expect(np.isclose(masses.sum(), waters().get_masses().sum()), masses)
    refused("run", *keys(LJ, NVT, {"system.structure": "w.xyz", "output.directory": "b",
                                   "integrator.steps": 1, "system.hydrogen_mass": "7 u"}),
            says=["system.hydrogen_mass", "atom 1"])


def check_held(folder, start, held):
    frames = ase.io.read(f"{folder}/trajectory.xyz", ":")
    for frame in frames:
        moved = np.abs(frame.positions - start.positions).max(axis=1)
        expect(np.all(moved[held] == 0), "held atoms moved", moved)
    expect(np.all(np.delete(moved, held) > 1e-4), "atoms that are free did not move", moved)
    row = read_log(folder)[0]
    freedom = 2 * float(row["kinetic_eV"]) / ase.units.kB / float(row["temperature_K"])
    expect(abs(freedom - 3 * (6 - len(held))) < 1e-3, "degrees of freedom", freedom)


def test_held_atoms_do_not_move():
    atoms = waters()
    atoms.set_constraint(FixAtoms([0, 1, 2]))
    ase.io.write("fix.xyz", atoms, format="extxyz",
                 columns=["symbols", "positions", "momenta", "move_mask"])
    free = waters()
    ase.io.write("free.xyz", free, format="extxyz")
    for name, method in (("nve", NVE), ("nvt", NVT)):
        run("fix.xyz", name, method)
        check_held(name, atoms, [0, 1, 2])
        run("free.xyz", name + "_key", method, system__fixed="1-2, 6", system__velocities="maxwell",
            integrator__temperature="300 K")
        check_held(name + "_key", free, [0, 1, 5])
    rows = [float(r["total_eV"]) for r in read_log("nve")]
    expect(max(rows) - min(rows) < 2e-4, "energy is not conserved", rows)
    for value, says in (("1-7", "atom 7"), ("0", "count from 1"), ("3-1", "before it begins"),
                        ("x", "1-12, 20")):
        refused("check", *keys(LJ, NVE, {"system.structure": "fix.xyz", "output.directory": "c",
                                         "integrator.steps": 1, "system.fixed": value}),
                says=["system.fixed", says])


def test_a_restart_keeps_masses_and_held_atoms():
    atoms = waters([15.999, 2.014, 2.014, 17.999, 1.008, 2.014])
    atoms.set_constraint(FixAtoms([3]))
    ase.io.write("a.xyz", atoms, format="extxyz",
                 columns=["symbols", "positions", "masses", "momenta", "move_mask"])
    for method in (NVE, NVT):
        name = method["integrator.method"]
        run("a.xyz", name, method)
        run("a.xyz", name + "_short", method, integrator__steps=17)
        ok("restart", name + "_short", "--integrator.steps=40")
        same_files(name, name + "_short")


def test_charge_and_spin_are_refused():
    for comment, says in (("charge=-1", "charge -1"), ("spin=2", "spin 2"),
                          ("charge=0 multiplicity=3", "spin 3"), ('charge="1 0"', "charge nan")):
        pathlib.Path("a.xyz").write_text(f"1\n{comment}\nO 0 0 0\n")
        arguments = ["energy", *keys(LJ, {"system.structure": "a.xyz"}, OUT)]
        refused(*arguments, says=["potential.ignore_charge", says])
        ok(*arguments, "--potential.ignore_charge=yes")
    pathlib.Path("a.xyz").write_text("1\ncharge=0 spin=1\nO 0 0 0\n")
    energy("a.xyz")
    line = "HETATM    1 NA    NA A   1       0.000   0.000   0.000  1.00  0.00          NA1+\n"
    pathlib.Path("a.pdb").write_text(line)
    expect("sum to 1" in energy("a.pdb").stderr, "no warning of a formal charge")


def test_a_start_that_is_too_hot_names_the_unit():
    atoms = waters()
    atoms.set_momenta(1000 * atoms.get_momenta())
    ase.io.write("hot.xyz", atoms, format="extxyz")
    hot = keys(LJ, NVE, {"system.structure": "hot.xyz", "output.directory": "a",
                         "integrator.steps": 1})
    refused("run", *hot, says=["system.velocities", "ASE's unit", "K, above safety.max_temperature"])
    pathlib.Path("vel.xyz").write_text(
        "2\nProperties=species:S:1:pos:R:3:vel:R:3\nO 0 0 0 9 0 0\nO 2 0 0 0 0 0\n")
    hot[-3:] = keys({"system.structure": "vel.xyz", "output.directory": "a", "integrator.steps": 1})
    refused("run", *hot, says=["taken as A/fs"])
    ok("run", *hot, "--system.velocities=zero")


def test_energy_writes_again_what_it_does_not_use():
    pathlib.Path("in.xyz").write_text(
        "2\nProperties=species:S:1:pos:R:3:tags:I:1:forces:R:3 energy=-5.5 name = \"a b\" "
        "config_type=x REF_energy=-7 pbc=\"F F F\"\nO 0 0 0 3 1 2 3\nH 1.2 0 0 4 4 5 6\n"
        "1\n  -152.34 conformer\nO 0 0 0\n")
    energy("in.xyz")
    atoms, plain = ase.io.read("out.xyz", ":", format="extxyz")
    expect(atoms.info["name"] == "a b" and atoms.info["config_type"] == "x", atoms.info)
    expect(atoms.info["reference_energy"] == -5.5 and atoms.info["REF_energy"] == -7, atoms.info)
    expect(atoms.arrays["tags"].tolist() == [3, 4], atoms.arrays)
    expect(atoms.arrays["reference_forces"].tolist() == [[1, 2, 3], [4, 5, 6]], atoms.arrays)
    expect(abs(atoms.get_potential_energy()) < 0.1, atoms.get_potential_energy())
    expect(plain.info["comment"] == "-152.34 conformer", plain.info)


def test_energy_of_its_own_results_gives_every_column_a_name_of_its_own():
    pathlib.Path("in.xyz").write_text(
        "2\nProperties=species:S:1:pos:R:3:forces:R:3:mass_error:R:1\n"
        "O 0 0 0 1 2 3 0.5\nD 1.2 0 0 4 5 6 0.5\n")
    energy("in.xyz")
    first = ase.io.read("out.xyz", format="extxyz")
    expect(abs(first.get_masses()[1] - 2.014101777844) < 1e-12, first.get_masses())
    pathlib.Path("out.xyz").rename("again.xyz")
    energy("again.xyz")
    atoms = ase.io.read("out.xyz", format="extxyz")
    expect(atoms.arrays["reference_forces"].tolist() == [[1, 2, 3], [4, 5, 6]], atoms.arrays)
    expect(np.array_equal(atoms.arrays["reference2_forces"], first.get_forces()), atoms.arrays)
    expect(np.array_equal(atoms.get_masses(), first.get_masses()), atoms.get_masses())


def test_names_of_files_with_commas_and_hashes():
    ase.io.write("2,3-diol.xyz", waters(), format="extxyz")
    ase.io.write("a#1.xyz", waters(), format="extxyz")
    pathlib.Path("x #y").mkdir()
    ase.io.write("x #y/b.xyz", waters(), format="extxyz")
    for value, frames in (("2,3-diol.xyz", 1), ("a#1.xyz # a comment", 1), ('"x #y/b.xyz"', 1),
                          ('"2,3-diol.xyz", a#1.xyz', 2), ("'2,3-diol.xyz', \"x #y/b.xyz\"", 2)):
        pathlib.Path("in.ini").write_text(f"[system]\nstructure = {value}\n")
        done = ok("energy", "in.ini", *keys(LJ, OUT))
        expect(f"{frames} frames" in done.stdout, value, done.stdout)
    # The resolved input reads back to the same.
    ini("r.ini", LJ, NVE, system__structure="'2,3-diol.xyz', \"x #y/b.xyz\"", integrator__steps=4,
        output__directory="x #y/out", output__log_every=2)
    pathlib.Path("r.ini").write_text(
        pathlib.Path("r.ini").read_text().replace("x #y/out", '"x #y/out"'))
    ok("run", "r.ini")
    ok("run", "x #y/out/input.ini", "--output.directory=again")
    same_files("x #y/out", "again")


def test_a_topology_has_the_bonds_and_a_wide_cell():
    pathlib.Path("w.pdb").write_text(
        "CRYST1    9.000    9.000200000.00  90.00  90.00  90.00 P 1           1\n"
        "HETATM   11  O   HOH A   1       0.000   0.000   0.117  1.00  0.00           O\n"
        "HETATM   12  H1  HOH A   1       0.000   0.757  -0.469  1.00  0.00           H\n"
        "HETATM   13  H2  HOH A   1       0.000  -0.757  -0.469  1.00  0.00           H\n"
        "CONECT   11   12   13\nEND\n")
    run("w.pdb", "a", NVE, system__replicas=2, output__layout="packed")
    lines = pathlib.Path("a/topology.pdb").read_text().splitlines()
    expect([x for x in lines if x.startswith("CONECT")] ==
           ["CONECT    1    2    3", "CONECT    2    1", "CONECT    3    1",
            "CONECT    4    5    6", "CONECT    5    4", "CONECT    6    4"], lines)
    expect(lines[0].startswith("CRYST1    9.000    9.000200000.00  90.00"), lines[0])


def test_compressed_and_misencoded_files():
    ase.io.write("w.xyz", waters(), format="extxyz")
    text = pathlib.Path("w.xyz").read_text()
    with gzip.open("w.xyz.gz", "wt") as file:
        file.write(text)
    energy("w.xyz")
    plain = pathlib.Path("out.xyz").read_text()
    energy("w.xyz.gz")
    expect(plain == pathlib.Path("out.xyz").read_text(), "another result")
    for encoding in ("utf-16", "utf-16-le"):
        pathlib.Path("u.xyz").write_bytes(text.encode(encoding))
        refused("energy", *keys(LJ, {"system.structure": "u.xyz"}, OUT),
                says=["u.xyz:1: ", "UTF-16"])
        pathlib.Path("u.xyz.gz").write_bytes(gzip.compress(text.encode(encoding)))
        refused("energy", *keys(LJ, {"system.structure": "u.xyz.gz"}, OUT),
                says=["u.xyz.gz:1: ", "UTF-16"])
    pathlib.Path("m.xyz.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    energy("m.xyz.gz")
    expect(plain == pathlib.Path("out.xyz").read_text(), "another result with a byte order mark")


main(test_masses_of_a_file_are_used, test_deuterium_has_its_mass,
     test_hydrogen_mass_keeps_that_of_the_molecule, test_held_atoms_do_not_move,
     test_a_restart_keeps_masses_and_held_atoms, test_charge_and_spin_are_refused,
     test_a_start_that_is_too_hot_names_the_unit, test_energy_writes_again_what_it_does_not_use,
     test_energy_of_its_own_results_gives_every_column_a_name_of_its_own,
     test_names_of_files_with_commas_and_hashes, test_a_topology_has_the_bonds_and_a_wide_cell,
     test_compressed_and_misencoded_files)
