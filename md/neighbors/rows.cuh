#pragma once

#include "md/neighbors/build.cuh"

namespace md::neighbors {

/// Sets a flag that several threads may set at once.
MD_HD inline void raise(int* flag) {
#ifdef __CUDA_ARCH__
  *flag = 1;
#else
  __atomic_store_n(flag, 1, __ATOMIC_RELAXED);
#endif
}

MD_HD inline int floor_divide(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/// Calls visit(begin, end, image) for the slots in which the neighbors of an atom in `cell` of
/// replica r can be: rows of cells along the third direction, cut where the image changes.
template <class Visit>
MD_HD void for_each_piece(const BuildView& v, int r, int cell, Visit& visit) {
  const Grid& g = v.grid[r];
  const Box& box = v.box[r];
  if (g.cells[0] == 0) return;
  const int* const first = v.cell_first + box.first_cell;
  const int own[3] = {cell / g.cells[2] / g.cells[1], cell / g.cells[2] % g.cells[1],
                      cell % g.cells[2]};
  const int low = own[2] - g.reach[2], high = own[2] + g.reach[2];
  const bool periodic2 = box.periodic[2];
  const int low_image = periodic2 ? floor_divide(low, g.cells[2]) : 0;
  const int high_image = periodic2 ? floor_divide(high, g.cells[2]) : 0;
  for (int c0 = own[0] - g.reach[0]; c0 <= own[0] + g.reach[0]; ++c0) {
    const int n0 = floor_divide(c0, g.cells[0]);
    if (n0 != 0 && !box.periodic[0]) continue;
    for (int c1 = own[1] - g.reach[1]; c1 <= own[1] + g.reach[1]; ++c1) {
      const int n1 = floor_divide(c1, g.cells[1]);
      if (n1 != 0 && !box.periodic[1]) continue;
      const int line = ((c0 - n0 * g.cells[0]) * g.cells[1] + c1 - n1 * g.cells[1]) * g.cells[2];
      const int image01 = (n0 + box.images[0]) * (2 * box.images[1] + 1) + n1 + box.images[1];
      for (int n2 = low_image; n2 <= high_image; ++n2) {
        const int origin = n2 * g.cells[2], last = g.cells[2] - 1;
        const int from = low > origin ? low - origin : 0;
        const int to = high - origin < last ? high - origin : last;
        const int begin = first[line + from], end = first[line + to + 1];
        if (begin < end) visit(begin, end, image01 * (2 * box.images[2] + 1) + n2 + box.images[2]);
      }
    }
  }
}

/// Appends the neighbors of atom i among the atoms of a piece to its row. A pair is tested by the
/// vector from one to the other; seen from the other side it is the exact negative (shift tables
/// are odd, and rounding is symmetric), so both rows agree.
struct AppendNeighbors {
  const BuildView& v;
  int i, r;
  int n = 0;  // entries found; beyond the capacity they are only counted

  MD_HD void operator()(int begin, int end, int image) {
    const int first_shift = v.first_shift[r];
    const int center = (v.first_shift[r + 1] - first_shift) / 2;
    const int self = image == center ? i : -1;
    const Vec3 at = v.reference[i] + v.offset[i], shift = v.shift[first_shift + image];
    const double radius2 = v.radius * v.radius;
    const int base = v.s.first_atom[r], capacity = v.capacity[r];
    for (int slot = base + begin; slot < base + end; ++slot) {
      const Vec3 d = (Vec3{v.x[slot], v.y[slot], v.z[slot]} - at) + shift;
      if (!(dot(d, d) <= radius2) || v.sorted[slot] == self) continue;
      if (n < capacity) {
        v.atom[v.row[i] + n] = v.sorted[slot];
        v.image[v.row[i] + n] = image;
      }
      ++n;
    }
  }
};

MD_HD inline void finish_row(const BuildView& v, int r, int i, int n) {
  v.needed[i] = n;
  v.count[i] = n < v.capacity[r] ? n : v.capacity[r];
  if (n > v.capacity[r]) raise(v.overflow);
}

/// The row of one atom, by plain code: what a GPU thread does.
struct FillRow {
  BuildView v;
  MD_HD void operator()(int i) const {
    const int r = v.s.replica[i];
    if (!v.rebuild[r]) return;
    AppendNeighbors append{v, i, r};
    for_each_piece(v, r, v.cell[i], append);
    finish_row(v, r, i, append.n);
  }
};

/// The same rows by the widest vectors of this processor, for the atoms in the slots [begin, end)
/// of replica r (numbered from 0 within the replica). Slots of one cell share their pieces.
void fill_rows(const BuildView& v, int r, int begin, int end);

}  // namespace md::neighbors
