"""A student that scripts/export_student.py wrote, as a calculator for ASE:

    from student_calculator import StudentCalculator
    atoms.calc = StudentCalculator("student.onnx")     # or student.ts

Needs ase and numpy, and onnxruntime or torch; vesin makes the neighbor lists where it is installed.
"""
import json

import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.neighborlist import neighbor_list


def edges_of(atoms, cutoff):
    """edge_index int64 [2, E] and shifts float64 [E, 3], A, of all ordered pairs within the cutoff."""
    try:
        import vesin
        finder, mixed = vesin.NeighborList(cutoff=cutoff, full_list=True), None
        mixed = bool(atoms.pbc.any()) != bool(atoms.pbc.all())
    except ImportError:
        finder, mixed = None, True
    if finder is None or mixed:
        i, j, images = neighbor_list("ijS", atoms, cutoff)
    else:
        i, j, images = finder.compute(points=atoms.positions, box=atoms.cell.array,
                                      periodic=bool(atoms.pbc.all()), quantities="ijS")
    edge_index = np.stack([i, j]).astype(np.int64)
    return edge_index, np.asarray(images, dtype=np.float64) @ atoms.cell.array


class StudentCalculator(Calculator):
    """Energy (eV), forces (eV/A) and, for systems with a volume, stress (eV/A^3)."""

    implemented_properties = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, path, threads=0, **keywords):
        """threads: of ONNX Runtime; 0: as many as it likes."""
        super().__init__(**keywords)
        if str(path).endswith(".onnx"):
            import onnxruntime
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            self.session = onnxruntime.InferenceSession(str(path), options,
                                                        providers=["CPUExecutionProvider"])
            self.facts = self.session.get_modelmeta().custom_metadata_map
            self.run = self.run_onnx
        else:
            import torch
            extra = {"metadata.json": ""}
            self.script = torch.jit.load(str(path), map_location="cpu", _extra_files=extra)
            self.facts = json.loads(extra["metadata.json"])
            self.run = self.run_script
        self.cutoff = float(self.facts["cutoff"])

    def run_onnx(self, numbers, positions, edge_index, shifts):
        return self.session.run(["energy", "forces", "virial"],
                                {"numbers": numbers, "positions": positions,
                                 "edge_index": edge_index, "shifts": shifts})

    def run_script(self, *inputs):
        import torch
        with torch.no_grad():
            return [t.numpy() for t in self.script(*map(torch.from_numpy, inputs))]

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        edge_index, shifts = edges_of(self.atoms, self.cutoff)
        energy, forces, virial = self.run(self.atoms.numbers.astype(np.int64),
                                          np.ascontiguousarray(self.atoms.positions, dtype=np.float64),
                                          edge_index, shifts)
        self.results = {"energy": float(energy[0]), "free_energy": float(energy[0]),
                        "forces": np.array(forces)}
        if self.atoms.cell.rank == 3 and self.atoms.pbc.all():
            stress = (virial + virial.T) / (2 * self.atoms.get_volume())
            self.results["stress"] = stress.flatten()[[0, 4, 8, 5, 2, 1]]
