#!/usr/bin/env python3
"""Orb-v2's speed next to orb-models, with the same random weights of the published size, in one interleaved run.

    cmake --build build/release --target potential_speed
    benchmarks/orb.py --peers /path/to/python3.12      an interpreter with torch, ase and orb-models

Measured are energy and forces (orb-models computes the stress too, we do not; both take milliseconds less than their
noise for it), float32, on the CPU. Ours includes the choice of the nearest neighbors from a given neighbor list;
orb-models gets its graph ready made. Each round gives every contender a turn for every case, all others waiting
without using the processor. A ratio is their time over ours in the same round; the table has medians over the
rounds: of the time on the clock, and of the CPU time, which others on the machine disturb less. First both must give
the same energies and forces. Writes results/orb-NAME.json.
"""
import argparse
import json
import os
import pathlib
import statistics
import struct
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CASES = ("water15", "water192")


def write_weights(model, path):
    """As a safetensors file; normalisers that are not those of a model before training."""
    tensors = {name: value.detach().clone().contiguous() for name, value in model.state_dict().items()
               if value.is_floating_point()}
    header, at = {"__metadata__": {"architecture": "orb-v2"}}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + 4 * value.numel()]}
        at += 4 * value.numel()
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(value.numpy().tobytes())


def structure(name):
    """water15: the five waters of the examples; water192: 64 waters in a box, 1 g/cm3."""
    import ase.build
    import ase.io
    import numpy as np
    if name == "water15":
        return ase.io.read(HERE.parent / "inputs/water_clusters/water_pentamer.xyz")
    random, water = np.random.default_rng(0), ase.build.molecule("H2O")
    edge = (192 / 3 * 29.915) ** (1 / 3)
    box = ase.Atoms(cell=[edge] * 3, pbc=True)
    for place in np.ndindex(4, 4, 4):
        turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
        box += ase.Atoms(water.numbers, (water.positions - water.get_center_of_mass()) @ turn.T +
                         np.array(place) * edge / 4)
    return box


def serve(folder):
    """The peer: writes weights and structures to `folder`, then answers commands like potential_speed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print to standard output too
    import ase.io
    import importlib.metadata
    import torch
    from orb_models.forcefield import pretrained
    from orb_models.forcefield.forcefield_adapter import ForcefieldAtomsAdapter
    torch.manual_seed(0)
    model = pretrained.orb_v2_architecture(device="cpu").eval().requires_grad_(False)
    for name, buffer in model.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.fill_(0.1 if name.endswith("mean") else 1.7)
    write_weights(model, f"{folder}/orb.safetensors")
    for name in CASES:
        ase.io.write(f"{folder}/{name}.xyz", structure(name))
    adapter, graphs = ForcefieldAtomsAdapter(radius=6.0, max_num_neighbors=20), {}
    print(json.dumps({"versions": {p: importlib.metadata.version(p) for p in ("torch", "orb-models")},
                      "parameters": sum(p.numel() for p in model.parameters())}), file=answers, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        torch.set_num_threads(command.get("threads", torch.get_num_threads()))
        case = command["case"]
        with torch.inference_mode():
            if command["command"] == "case":
                graphs[case] = adapter.from_ase_atoms(ase.io.read(command["structure"]), device="cpu"), \
                    command["threads"]
                model.predict(graphs[case][0])
                reply = {"edges": int(graphs[case][0].n_edge.sum())}
            elif command["command"] == "results":
                out = model.predict(graphs[case][0])
                reply = {"energies": [out["energy"].item()], "forces": out["forces"].tolist()}
            else:
                graph, threads = graphs[case]
                torch.set_num_threads(threads)
                wall, cpu, start = [], [], time.perf_counter()
                model.predict(graph)
                while len(wall) < 3 or time.perf_counter() - start < command["seconds"]:
                    begin, used = time.perf_counter(), time.process_time()
                    model.predict(graph)
                    wall.append(1e3 * (time.perf_counter() - begin))
                    cpu.append(1e3 * (time.process_time() - used))
                reply = {"ms": statistics.median(wall), "min": min(wall), "cpu": statistics.median(cpu),
                         "trials": len(wall)}
        print(json.dumps(reply), file=answers, flush=True)


def compare(ours, theirs):
    """Largest difference of energies per atom and of forces; ends the program when it is not rounding."""
    n = len(theirs["forces"])
    energy = abs(ours["energies"][0] - theirs["energies"][0]) / n
    forces = max(abs(a - b) for x, y in zip(ours["forces"], theirs["forces"]) for a, b in zip(x, y))
    if not (energy < 1e-4 and forces < 1e-4):
        sys.exit(f"the results differ: {energy} eV/atom, {forces} eV/A")
    return energy, forces


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=HERE.parent / "build/release", help="folder with potential_speed")
    parser.add_argument("--peers", default=sys.executable, help="interpreter that has orb-models")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of a turn")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, len(os.sched_getaffinity(0))}))
    parser.add_argument("--name", default="cpu", help="of the processor, in the name of the result")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.serve)

    from student_server import Server, peer_environment
    with tempfile.TemporaryDirectory() as folder:
        peer = Server([options.peers, __file__, "--serve", folder], peer_environment(options.peers, "passive", "tuned"))
        result = {**peer.read(), "threads": options.threads, "load_before": os.getloadavg()[0], "cases": {}}
        ours = Server([pathlib.Path(options.build) / "potential_speed"])
        keys = {"name": "orb", "model": f"{folder}/orb.safetensors"}
        for name in CASES:
            for threads in options.threads:
                case = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
                for server in (ours, peer):
                    server.ask("case", case=case, structure=f"{folder}/{name}.xyz", threads=threads, keys=keys)
                energy, forces = compare(ours.ask("results", case=case), peer.ask("results", case=case))
                result["cases"][case] = {"energy_difference_eV_per_atom": energy, "force_difference_eV_A": forces,
                                         "ours": [], "orb-models": []}
        for k in range(options.rounds):
            for case, record in result["cases"].items():
                for who, server in (("ours", ours), ("orb-models", peer)):
                    record[who].append(server.ask("measure", case=case, seconds=options.seconds))
            print(f"round {k + 1} of {options.rounds}", file=sys.stderr)
        result["load_after"] = os.getloadavg()[0]
    print("| case | ours, ms | orb-models, ms | ratio | CPU: ours, ms | orb-models, ms | ratio |\n" + "|---" * 7 + "|")
    for case, record in result["cases"].items():
        cells = []
        for kind in ("ms", "cpu"):
            times = [[turn[kind] for turn in record[who]] for who in ("ours", "orb-models")]
            ratio = statistics.median(b / a for a, b in zip(*times))
            record[f"ratio_{kind}"] = ratio
            cells += [f"{statistics.median(t):.1f}" for t in times] + [f"{ratio:.2f}"]
        print(f"| {case} | " + " | ".join(cells) + " |")
    print(f"load of the machine: {result['load_before']:.1f} before, {result['load_after']:.1f} after")
    (HERE / f"results/orb-{options.name}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
