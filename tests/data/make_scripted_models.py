"""Writes the small TorchScript models of the tests beside this file: pair_ani.ts, which is called
like ANI, and pair_edges.ts, for the generic adapter. Both are E = sum over pairs of
Z_i Z_j exp(-d^2 / 4) eV, d in A, so that a test can check every number; springs_cell.ts takes a cell
and does not ask which directions are periodic. dict_schnetpack.ts, dict_nequip.ts (forces too) and
nequip_energy.ts, dict_mace.ts and torchmdnet.ts are called like models of these programs and have the energy
of the pairs as well. detached.ts and energy_forces.ts are what must be refused. Needs torch."""
import pathlib
from typing import Dict, Optional, Tuple

import torch
from torch import Tensor

HARTREE = 27.211386245988  # eV
KCAL_PER_MOL = 4184.0 / 6.02214076e23 / 1.602176634e-19  # eV


class PairAni(torch.nn.Module):
    """(Z [B, N], x [B, N, 3] in A) -> (Z, E [B] in hartree); -1 pads; nearest images only."""

    def __init__(self):
        super().__init__()
        self.register_buffer("atomic_numbers", torch.tensor([1, 6, 8]))
        self.width = torch.nn.Parameter(torch.tensor(4.0))

    def forward(self, species_coordinates: Tuple[Tensor, Tensor], cell: Optional[Tensor] = None,
                pbc: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        species, x = species_coordinates
        r = x.unsqueeze(1) - x.unsqueeze(2)
        if cell is not None and pbc is not None:
            n = torch.round(torch.matmul(r.detach(), torch.linalg.inv(cell))) * pbc
            r = r - torch.matmul(n.to(x.dtype), cell)
        z = species.clamp(min=0).to(x.dtype)
        pair = z.unsqueeze(1) * z.unsqueeze(2) * torch.exp(-r.square().sum(-1) / self.width)
        pair = pair * (1 - torch.eye(x.size(1), dtype=x.dtype, device=x.device))
        return species, 0.5 * pair.sum((1, 2)) / 27.211386245988


class PairEdges(torch.nn.Module):
    """Edges in nm, energies of systems in kcal/mol in a dictionary."""

    def __init__(self):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(1 / KCAL_PER_MOL, dtype=torch.float64))

    def forward(self, numbers: Tensor, positions: Tensor, edge_index: Tensor, shifts: Tensor,
                batch: Tensor) -> Dict[str, Tensor]:
        i, j = edge_index[0], edge_index[1]
        r = (positions.index_select(0, j) - positions.index_select(0, i) + shifts) * 10
        z = numbers.to(positions.dtype)
        pair = 0.5 * self.factor * z.index_select(0, i) * z.index_select(0, j)
        pair = pair * torch.exp(-r.square().sum(-1) / 4)
        n_systems = int(batch.max()) + 1
        energy = torch.zeros(n_systems, dtype=pair.dtype, device=pair.device)
        energy = energy.index_add(0, batch.index_select(0, i), pair)
        return {"energy": energy, "count": numbers}


class Springs(torch.nn.Module):
    """E = sum over atoms of x^2 eV, x in A."""

    def forward(self, numbers: Tensor, positions: Tensor, cell: Tensor) -> Tensor:
        return (positions * positions).sum() + (0 * cell).sum()


def pair_energy(z: Tensor, r: Tensor, i: Tensor, j: Tensor, batch: Tensor, n: int) -> Tensor:
    zs = z.to(r.dtype)
    pair = 0.5 * zs.index_select(0, i) * zs.index_select(0, j) * torch.exp(-r.square().sum(-1) / 4)
    return torch.zeros(n, dtype=r.dtype, device=r.device).index_add(0, batch.index_select(0, i), pair)


def own_forces(energy: Tensor, x: Tensor) -> Tensor:
    """As these programs do it: the graph is gone afterwards."""
    gradient = torch.autograd.grad([energy.sum()], [x])[0]
    assert gradient is not None
    return -gradient


class SchNetPack(torch.nn.Module):
    def forward(self, inputs: Dict[str, Tensor]) -> Dict[str, Tensor]:
        x, i, j = inputs["_positions"], inputs["_idx_i"], inputs["_idx_j"]
        r = x.index_select(0, j) - x.index_select(0, i) + inputs["_offsets"]
        assert torch.allclose(r, inputs["_Rij"])
        n = inputs["_n_atoms"].size(0)
        assert inputs["_cell"].size() == [n, 3, 3] and inputs["_pbc"].size() == [n, 3]
        return {"energy": pair_energy(inputs["_atomic_numbers"], r, i, j, inputs["_idx_m"], n)}


class NequIP(torch.nn.Module):
    def __init__(self, forces: bool):
        super().__init__()
        self.forces = forces
        self.register_buffer("numbers", torch.tensor([8, 1]))

    def forward(self, data: Dict[str, Tensor]) -> Dict[str, Tensor]:
        x, edges, batch = data["pos"], data["edge_index"], data["batch"]
        cell = data["cell"].view(-1, 3, 3).index_select(0, batch.index_select(0, edges[0]))
        shift = torch.einsum("ni,nij->nj", data["edge_cell_shift"], cell)
        r = x.index_select(0, edges[1]) - x.index_select(0, edges[0]) + shift
        z = self.numbers.index_select(0, data["atom_types"])
        energy = pair_energy(z, r, edges[0], edges[1], batch, int(batch.max()) + 1)
        answer = {"total_energy": energy.unsqueeze(1)}
        if self.forces:
            answer["forces"] = own_forces(energy, x)
        return answer


class Mace(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("r_max", torch.tensor(12.0, dtype=torch.float64))
        self.register_buffer("atomic_numbers", torch.tensor([1, 6, 8]))

    def forward(self, data: Dict[str, Tensor], training: bool = False,
                compute_force: bool = True) -> Dict[str, Optional[Tensor]]:
        x, edges = data["positions"], data["edge_index"]
        n = data["ptr"].numel() - 1
        assert data["head"].size(0) == n
        z = torch.matmul(data["node_attrs"], self.atomic_numbers.to(x.dtype))
        cell = data["cell"].view(-1, 3, 3).index_select(0, data["batch"].index_select(0, edges[0]))
        shift = torch.einsum("ni,nij->nj", data["unit_shifts"], cell)
        assert torch.allclose(shift, data["shifts"], atol=1e-4)
        r = x.index_select(0, edges[1]) - x.index_select(0, edges[0]) + data["shifts"]
        energy = pair_energy(z, r, edges[0], edges[1], data["batch"], n)
        forces: Optional[Tensor] = None
        if compute_force:
            forces = own_forces(energy, x)
        return {"energy": energy, "forces": forces}


class TorchMDNet(torch.nn.Module):
    """Nearest images only, of a cell with right angles."""

    def forward(self, z: Tensor, pos: Tensor, batch: Optional[Tensor] = None, box: Optional[Tensor] = None,
                q: Optional[Tensor] = None, s: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        assert batch is not None
        r = pos.unsqueeze(0) - pos.unsqueeze(1)
        if box is not None:
            r = r - torch.round(r.detach() / box.diagonal()) * box.diagonal()
        zs = z.to(pos.dtype)
        pair = 0.5 * zs.unsqueeze(0) * zs.unsqueeze(1) * torch.exp(-r.square().sum(-1) / 4)
        pair = pair * (batch.unsqueeze(0) == batch.unsqueeze(1)).to(pos.dtype)
        pair = pair * (1 - torch.eye(z.size(0), dtype=pos.dtype, device=pos.device))
        y = torch.zeros(int(batch.max()) + 1, dtype=pos.dtype, device=pos.device)
        y = y.index_add(0, batch, pair.sum(1)).unsqueeze(1)
        return y, own_forces(y, pos)


class EnergyForces(torch.nn.Module):
    """Called like ANI, but answers with energy and forces."""

    def forward(self, z: Tensor, pos: Tensor) -> Tuple[Tensor, Tensor]:
        r = pos.unsqueeze(-2) - pos.unsqueeze(-3)
        energy = 0.5 * torch.exp(-r.square().sum(-1) / 4).sum()
        gradient = torch.autograd.grad([energy], [pos], create_graph=True)[0]
        assert gradient is not None
        return energy, -gradient


class Detached(torch.nn.Module):
    """Differentiates by a copy of its own."""

    def forward(self, z: Tensor, pos: Tensor) -> Dict[str, Tensor]:
        x = pos.detach().requires_grad_()
        r = x.unsqueeze(0) - x.unsqueeze(1)
        energy = 0.5 * torch.exp(-r.square().sum(-1) / 4).sum()
        gradient = torch.autograd.grad([energy], [x], create_graph=True)[0]
        assert gradient is not None
        return {"energy": energy, "forces": -gradient}


class Fractional(torch.nn.Module):
    """Inverts its cell, which must not be zero."""

    def forward(self, numbers: Tensor, positions: Tensor, cell: Tensor, pbc: Tensor) -> Tensor:
        f = torch.matmul(positions, torch.linalg.inv(cell))
        d = f.unsqueeze(0) - f.unsqueeze(1)
        r = torch.matmul(d - torch.round(d.detach()), cell)
        return 0.5 * torch.exp(-r.square().sum(-1) / 4).sum()


if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent
    torch.jit.script(PairAni()).save(str(folder / "pair_ani.ts"))
    torch.jit.script(PairEdges()).save(str(folder / "pair_edges.ts"))
    torch.jit.script(Springs()).save(str(folder / "springs_cell.ts"))
    torch.jit.script(SchNetPack()).save(str(folder / "dict_schnetpack.ts"))
    said = {"r_max": "12.0", "type_names": "O H"}
    torch.jit.save(torch.jit.script(NequIP(True)), str(folder / "dict_nequip.ts"), _extra_files=said)
    torch.jit.save(torch.jit.script(NequIP(False)), str(folder / "nequip_energy.ts"), _extra_files=said)
    torch.jit.script(Mace()).save(str(folder / "dict_mace.ts"))
    torch.jit.script(TorchMDNet()).save(str(folder / "torchmdnet.ts"))
    torch.jit.script(EnergyForces()).save(str(folder / "energy_forces.ts"))
    torch.jit.script(Detached()).save(str(folder / "detached.ts"))
    torch.jit.script(Fractional()).save(str(folder / "fractional.ts"))
