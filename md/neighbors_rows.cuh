#pragma once

#include "md/neighbors_build.cuh"

namespace md::neighbors {

MD_HD inline int floor_divide(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/// Sets a flag that several threads may set at once.
MD_HD inline void raise(int* flag) {
#ifdef __CUDA_ARCH__
  *flag = 1;
#else
  __atomic_store_n(flag, 1, __ATOMIC_RELAXED);
#endif
}

/// Finds the neighbors of atom i in the cells around its own. A pair is tested by the vector from
/// one to the other; seen from the other side it is the exact negative (shift tables are odd, and
/// rounding is symmetric), so both rows agree.
struct FillRow {
  BuildView v;

  MD_HD void operator()(int i) const {
    const int r = v.s.replica[i];
    if (!v.rebuild[r]) return;
    const Grid& g = v.grid[r];
    const Box& box = v.box[r];
    int n = 0;
    if (g.cells[0] > 0) {
      const int own = v.cell[i];
      const int own2 = own % g.cells[2], own1 = own / g.cells[2] % g.cells[1],
                own0 = own / g.cells[2] / g.cells[1];
      for (int c0 = own0 - g.reach[0]; c0 <= own0 + g.reach[0]; ++c0) {
        const int n0 = floor_divide(c0, g.cells[0]);
        if (n0 != 0 && !(box.periodic & 1)) continue;
        for (int c1 = own1 - g.reach[1]; c1 <= own1 + g.reach[1]; ++c1) {
          const int n1 = floor_divide(c1, g.cells[1]);
          if (n1 != 0 && !(box.periodic & 2)) continue;
          const int line = (c0 - n0 * g.cells[0]) * g.cells[1] + c1 - n1 * g.cells[1];
          n = search_line(i, r, line, own2,
                          (n0 + box.images[0]) * (2 * box.images[1] + 1) + n1 + box.images[1], n);
        }
      }
    }
    v.needed[i] = n;
    v.count[i] = n < v.capacity[r] ? n : v.capacity[r];
    if (n > v.capacity[r]) raise(v.overflow);
  }

 private:
  /// A row of cells along the third direction, image by image: each piece is contiguous.
  MD_HD int search_line(int i, int r, int line, int own2, int image01, int n) const {
    const Grid& g = v.grid[r];
    const Box& box = v.box[r];
    const int cells = g.cells[2], low = own2 - g.reach[2], high = own2 + g.reach[2];
    const bool periodic = box.periodic & 4;
    const int last_image = periodic ? floor_divide(high, cells) : 0;
    for (int n2 = periodic ? floor_divide(low, cells) : 0; n2 <= last_image; ++n2) {
      const int from = low > n2 * cells ? low - n2 * cells : 0;
      const int to = high - n2 * cells < cells - 1 ? high - n2 * cells : cells - 1;
      const int* first = v.cell_first + box.first_cell + line * cells;
      const int image = image01 * (2 * box.images[2] + 1) + n2 + box.images[2];
      n = search_slots(i, r, first[from], first[to + 1], image, n);
    }
    return n;
  }

  MD_HD int search_slots(int i, int r, int begin, int end, int image, int n) const {
    const int center = (v.first_shift[r + 1] - v.first_shift[r]) / 2;
    const int self = image == center ? i : -1;
    const Vec3 at = v.reference[i] + v.offset[i];
    const Vec3 shift = v.shift[v.first_shift[r] + image];
    const double radius2 = v.radius * v.radius;
    const int base = v.s.first_atom[r], capacity = v.capacity[r];
    const bool fits = n + end - begin <= capacity;
    int* const atom = v.atom + v.row[i];
    int* const images = v.image + v.row[i];
    for (int slot = base + begin; slot < base + end; ++slot) {
      const double dx = (v.x[slot] - at.x) + shift.x, dy = (v.y[slot] - at.y) + shift.y,
                   dz = (v.z[slot] - at.z) + shift.z;
      const int j = v.sorted[slot];
      const bool inside = (dx * dx + dy * dy + dz * dz <= radius2) & (j != self);
      if (fits || (inside && n < capacity)) {
        atom[n] = j;
        images[n] = image;
      }
      n += inside;
    }
    return n;
  }
};

}  // namespace md::neighbors
