#!/usr/bin/env python3
"""One peer of student.py as a server: student_peers.py MODE SHAPE reads one JSON object a line and answers
with one. SHAPE is {"channels": F, "layers": L, "n_radial": K, "cutoff": A}. MODE is

    eager      SchNetPack's PaiNN, energy and forces by automatic differentiation, neighbor list given
    compile    the same network through torch.compile
    ase        ASE's velocity Verlet with that network, a file's first frame
    torch-sim  TorchSim's NVE with that network, all frames of a file as one batch

Commands, as in student_speed.cpp:
    {"command": "case", "case": ID, "structure": FILE, "threads": N}  builds it and calls it once
    {"command": "measure", "case": ID, "seconds": S}                  ms per call (per step): median, least
    {"command": "drop", "case": ID}
What goes wrong is answered with {"error": ...}. The weights are random: the time does not depend on them.
Dynamics scales the readout down, so that random forces move the atoms gently. Threads sleep between
commands. Exit code 77 when a package is missing."""
import json
import logging
import os
import statistics
import sys
import tempfile
import time


def edges_of(atoms, cutoff):
    """Centers, neighbors, shift vectors (A) of all directed pairs."""
    import numpy as np
    import vesin
    i, j, shift = vesin.NeighborList(cutoff=cutoff, full_list=True).compute(
        points=atoms.positions, box=np.asarray(atoms.cell), periodic=bool(atoms.pbc.any()), quantities="ijS")
    return i.astype(np.int64), j.astype(np.int64), shift @ np.asarray(atoms.cell)


def network_input(frames, cutoff):
    """SchNetPack's input for all frames as one batch."""
    import numpy as np
    import torch
    lists = [edges_of(atoms, cutoff) for atoms in frames]
    begin = np.cumsum([0] + [len(atoms) for atoms in frames])
    join = lambda parts, dtype: torch.as_tensor(np.concatenate(list(parts))).to(dtype)
    return {"_atomic_numbers": join((a.numbers for a in frames), torch.long),
            "_positions": join((a.positions for a in frames), torch.float32),
            "_idx_i": join((i + b for (i, _, _), b in zip(lists, begin)), torch.long),
            "_idx_j": join((j + b for (_, j, _), b in zip(lists, begin)), torch.long),
            "_offsets": join((s for _, _, s in lists), torch.float32),
            "_idx_m": join((np.full(len(a), m) for m, a in enumerate(frames)), torch.long),
            "_n_atoms": torch.tensor([len(a) for a in frames])}


def make_network(shape, gentle=False):
    import schnetpack as spk
    import torch
    torch.manual_seed(0)
    f, cutoff = shape["channels"], shape["cutoff"]
    representation = spk.representation.PaiNN(f, shape["layers"], spk.nn.GaussianRBF(shape["n_radial"], cutoff),
                                              spk.nn.CosineCutoff(cutoff))
    head = spk.atomistic.Atomwise(n_in=f, output_key="energy")
    network = spk.model.NeuralNetworkPotential(
        representation, [spk.atomistic.PairwiseDistances()],
        [head, spk.atomistic.Forces(energy_key="energy", force_key="forces")]).eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    if gentle:
        head.outnet[-1].weight.mul_(1e-2)
    return network


def eager(shape, frames, _):
    network, given = make_network(shape), network_input(frames, shape["cutoff"])

    def call():
        return network(dict(given))["forces"]
    return call, {"edges": len(given["_idx_i"])}


def compiled(shape, frames, _):
    """The energies as one graph for torch.compile, which makes its reverse pass too."""
    import torch
    network, given = make_network(shape), network_input(frames, shape["cutoff"])
    n = len(frames)

    class Energies(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.representation, self.readout = network.representation, network.output_modules[0].outnet

        def forward(self, x, z, i, j, shift, m):
            out = self.representation({"_atomic_numbers": z, "_Rij": x[j] - x[i] + shift, "_idx_i": i, "_idx_j": j})
            energy = self.readout(out["scalar_representation"]).squeeze(-1)
            # index_add to a single number dies in the code generator of torch 2.11 for more than 4 atoms.
            return energy.sum() if n == 1 else torch.zeros(n, dtype=energy.dtype).index_add(0, m, energy)

    # Every case is compiled for its own shapes; never fall back to eager without a word.
    torch._dynamo.config.recompile_limit = torch._dynamo.config.accumulated_recompile_limit = 1000
    torch._dynamo.config.fail_on_recompile_limit_hit = True
    energies = torch.compile(Energies(), dynamic=False)
    rest = [given[key] for key in ("_atomic_numbers", "_idx_i", "_idx_j", "_offsets", "_idx_m")]

    def call():
        x = given["_positions"].detach().requires_grad_(True)
        return -torch.autograd.grad(energies(x, *rest).sum(), x)[0]
    return call, {"edges": len(rest[1])}


def ase(shape, frames, command):
    from ase import units
    from ase.calculators.calculator import Calculator, all_changes
    from ase.md import MDLogger
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
    from ase.md.verlet import VelocityVerlet
    import numpy as np
    network, cutoff = make_network(shape, gentle=True), shape["cutoff"]

    class Student(Calculator):
        implemented_properties = ["energy", "forces"]

        def calculate(self, atoms=None, properties=None, system_changes=all_changes):
            super().calculate(atoms, properties, system_changes)
            out = network(network_input([atoms], cutoff))
            self.results = {"energy": float(out["energy"].detach()),
                            "forces": out["forces"].detach().numpy().astype(float)}

    atoms = frames[0]
    atoms.calc = Student()
    MaxwellBoltzmannDistribution(atoms, temperature_K=command["temperature"], rng=np.random.default_rng(0))
    folder = tempfile.TemporaryDirectory()
    dynamics = VelocityVerlet(atoms, command["time_step"] * units.fs, trajectory=folder.name + "/md.traj",
                              loginterval=command["every"])
    dynamics.attach(MDLogger(dynamics, atoms, folder.name + "/md.log"), interval=command["every"])
    dynamics.folder = folder  # lives as long as the case

    def call():
        dynamics.run(command["steps"])
        return atoms.positions
    return call, {"edges": len(edges_of(atoms, cutoff)[0])}


def torch_sim(shape, frames, command):
    import torch
    import torch_sim as ts
    from ase import units
    from torch_sim import neighbors
    from torch_sim.models.interface import ModelInterface
    network, cutoff = make_network(shape, gentle=True), shape["cutoff"]
    search = getattr(neighbors, command["variant"])

    class Student(ModelInterface):
        def __init__(self):
            super().__init__()
            self._device, self._dtype = torch.device("cpu"), torch.float32
            self._compute_stress, self._compute_forces = False, True

        def forward(self, state, **_):
            pairs, system, shift = search(state.positions, state.row_vector_cell, state.pbc, cutoff,
                                          state.system_idx)
            offsets = torch.einsum("ni,nij->nj", shift.to(state.dtype), state.row_vector_cell[system])
            out = network({"_atomic_numbers": state.atomic_numbers, "_positions": state.positions.detach(),
                           "_idx_i": pairs[0], "_idx_j": pairs[1], "_offsets": offsets,
                           "_idx_m": state.system_idx, "_n_atoms": torch.zeros(state.n_systems)})
            return {"energy": out["energy"].detach(), "forces": out["forces"].detach()}

    for atoms in frames:
        if not atoms.pbc.any():
            atoms.center(vacuum=10.0)  # it wants a cell
    model = Student()
    state = ts.initialize_state(frames, torch.device("cpu"), torch.float32)
    state.rng = 0
    kT = torch.tensor(command["temperature"] * units.kB)
    dt = torch.tensor(command["time_step"] * units.fs)  # ASE's unit of time is its unit of time too
    held = [ts.nve_init(state, model, kT=kT)]

    def call():
        for _ in range(command["steps"]):
            held[0] = ts.nve_step(held[0], model, dt=dt)
        return held[0].positions
    return call, {}


def measure(call, steps, seconds):
    import numpy as np
    first = time.perf_counter()
    result = call()
    if time.perf_counter() - first < seconds:
        call()
    if not np.isfinite(np.asarray(result)).all():
        raise ArithmeticError("a result is not a number")
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - begin) / steps)
    return {"ms": statistics.median(times), "min": min(times), "trials": len(times)}


MODES = {"eager": (eager, ["schnetpack"]), "compile": (compiled, ["schnetpack"]),
         "ase": (ase, ["schnetpack", "ase"]), "torch-sim": (torch_sim, ["schnetpack", "torch-sim-atomistic"])}


def main():
    make, packages = MODES[sys.argv[1]]
    shape = json.loads(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w")  # libraries print to standard output too
    os.dup2(2, 1)
    try:
        import ase.io
        import importlib.metadata
        import schnetpack  # noqa: F401
        import torch
        import vesin  # noqa: F401
        if sys.argv[1] == "torch-sim":
            import torch_sim  # noqa: F401
        versions = {p: importlib.metadata.version(p) for p in ["torch", *packages]}
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(77)
    logging.disable(logging.CRITICAL)
    cases = {}
    print(json.dumps({"versions": versions}), file=answers, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            torch.set_num_threads(command.get("threads", torch.get_num_threads()))
            if command["command"] == "case":
                call, about = make(shape, ase.io.read(command["structure"], ":"), command)
                call()
                cases[command["case"]] = call, command.get("steps", 1)
                reply = about
            elif command["command"] == "measure":
                reply = measure(*cases[command["case"]], command["seconds"])
            else:
                cases.pop(command["case"], None)
                reply = {}
        except Exception as error:  # whatever a peer dies of is reported, not ours to handle
            reply = {"error": f"{type(error).__name__}: {str(error).strip()[:200]}"}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
