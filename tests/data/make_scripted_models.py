"""Writes the small TorchScript models of the tests beside this file: pair_ani.ts, which is called
like ANI, and pair_edges.ts, for the generic adapter. Both are E = sum over pairs of
Z_i Z_j exp(-d^2 / 4) eV, d in A, so that a test can check every number; springs_cell.ts takes a cell
and does not ask which directions are periodic. Needs torch."""
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


if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent
    torch.jit.script(PairAni()).save(str(folder / "pair_ani.ts"))
    torch.jit.script(PairEdges()).save(str(folder / "pair_edges.ts"))
    torch.jit.script(Springs()).save(str(folder / "springs_cell.ts"))
