"""convert_schnetpack_test.py PROGRAM SOURCE: a small PaiNN, trained for a moment by SchNetPack's own modules in float64,
and its conversion give the same energies and forces; other networks are refused. Skips (77) without schnetpack."""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
if importlib.util.find_spec("schnetpack") is None:
    print("skipped: the package schnetpack is not installed")
    sys.exit(77)

import ase
import ase.io
import numpy as np
import schnetpack as spk
import schnetpack.transform as trn
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
SCRIPT = SOURCE / "scripts/convert_schnetpack.py"
KCAL = 4184.0 / 6.02214076e23 / 1.602176634e-19  # eV


def network(basis=spk.nn.BesselRBF, epsilon=1e-8):
    rep = spk.representation.PaiNN(n_atom_basis=16, n_interactions=2, radial_basis=basis(n_rbf=8, cutoff=4.0),
                                   cutoff_fn=spk.nn.CosineCutoff(4.0), epsilon=epsilon)
    offsets = trn.AddOffsets("energy", add_mean=True)
    offsets.mean = torch.tensor([-3.25])
    offsets._mean_initialized = True
    return spk.model.NeuralNetworkPotential(
        representation=rep, input_modules=[spk.atomistic.PairwiseDistances()],
        output_modules=[spk.atomistic.Atomwise(n_in=16, output_key="energy"), spk.atomistic.Forces()],
        postprocessors=[offsets])


def systems():
    random = np.random.default_rng(3)
    water = ase.Atoms("OHHOHH", [[0, 0, 0.12], [0, 0.76, -0.47], [0, -0.76, -0.47],
                                 [2.9, 0, 0.12], [2.9, 0.76, -0.47], [2.9, -0.76, -0.47]])
    crystal = water.copy()
    crystal.set_cell([[6.1, 0, 0], [0.4, 5.8, 0], [-0.3, 0.2, 6.4]])
    crystal.pbc = True
    methanol = ase.Atoms("COHHHH", [[0, 0, 0], [1.4, 0, 0], [-0.4, 1, 0], [-0.4, -0.5, 0.9], [-0.4, -0.5, -0.9],
                                    [1.7, 0.9, 0]])
    for atoms in (water, crystal, methanol):
        atoms.positions += random.normal(0, 0.03, atoms.positions.shape)
    return [water, crystal, methanol]


def evaluate(model, atoms):
    converter = spk.interfaces.AtomsConverter(neighbor_list=trn.ASENeighborList(cutoff=4.0), dtype=torch.float64)
    return model(converter(atoms))


def train(model):
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(20):
        for k, atoms in enumerate(systems()):
            optimiser.zero_grad()
            (evaluate(model, atoms)["energy"] - 0.1 * k + 20).square().sum().backward()
            optimiser.step()


def convert(model, folder, *options):
    torch.save(model, folder / "best_model")
    return subprocess.run([sys.executable, SCRIPT, folder / "best_model", folder / "painn.safetensors",
                           "--elements=H,C,O", "--energy-unit=kcal/mol", *options], capture_output=True, text=True)


def compare(model, folder):
    done = convert(model, folder)
    assert done.returncode == 0, done.stderr
    ase.io.write(folder / "in.xyz", systems(), format="extxyz")
    done = subprocess.run([PROGRAM, "energy", f"--system.structure={folder}/in.xyz", "--potential.name=painn",
                           f"--potential.model={folder}/painn.safetensors", "--potential.precision=float64",
                           f"--output.file={folder}/out.xyz"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ours = ase.io.read(folder / "out.xyz", ":")
    model.eval()
    for read, atoms in zip(ours, ase.io.read(folder / "in.xyz", ":"), strict=True):
        theirs = evaluate(model, atoms)
        energy, forces = theirs["energy"].item() * KCAL, theirs["forces"].detach().numpy() * KCAL
        assert abs(read.get_potential_energy() - energy) < 1e-10, (read.get_potential_energy(), energy)
        assert np.abs(read.get_forces() - forces).max() < 1e-6, np.abs(read.get_forces() - forces).max()
        print(f"{energy:.10f} eV, difference {read.get_potential_energy() - energy:.1e}")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = network()
        train(model)
        model.do_postprocessing = True
        compare(model, folder)
        (folder / "painn.safetensors").unlink()
        torch.set_default_dtype(torch.float32)  # these functions take no other
        done = convert(network(spk.nn.GaussianRBF), folder)
        torch.set_default_dtype(torch.float64)
        assert done.returncode == 1 and "GaussianRBF" in done.stderr, done
        done = convert(network(), folder, "--energy-key=E")
        assert done.returncode == 1 and "--energy-key" in done.stderr, done
        assert not (folder / "painn.safetensors").exists()
        done = convert(network(epsilon=1e-6), folder)
        assert done.returncode == 0 and b'"epsilon": "1e-06"' in (folder / "painn.safetensors").read_bytes()[:20000]


main()
