#pragma once

#include "md/device/parallel.cuh"
#include "md/neighbors/build.cuh"

namespace md::neighbors {

/// Stable counting sort of one replica's atoms by cell, on one thread. In cell_first, entry c + 1
/// is the cursor of cell c: the start of its slots before, their end after all atoms are in place.
struct SortReplica {
  BuildView v;
  void operator()(int r) const {
    const Grid& g = v.grid[r];
    const int begin = v.s.first_atom[r], end = v.s.first_atom[r + 1];
    int* const first = v.cell_first + v.box[r].first_cell;
    const int n_cells = g.cells[0] * g.cells[1] * g.cells[2];
    for (int c = 0; c <= n_cells; ++c) first[c] = 0;
    if (n_cells == 0) return;
    for (int i = begin; i < end; ++i) ++first[v.cell[i] + 1];
    for (int c = 0, sum = 0; c < n_cells; ++c) {
      const int size = first[c + 1];
      first[c + 1] = sum;
      sum += size;
    }
    for (int i = begin; i < end; ++i) {
      const int slot = begin + first[v.cell[i] + 1]++;
      const Vec3 at = v.reference[i] + v.offset[i];
      v.sorted[slot] = i;
      v.x[slot] = at.x, v.y[slot] = at.y, v.z[slot] = at.z;
    }
  }
};

// The same order by many threads: count and scan the cells, let the atoms of a cell come in any
// order, then order them by number.

MD_HD inline int fetch_add(int* p, int value) {
#ifdef __CUDA_ARCH__
  return atomicAdd(p, value);
#else
  const int old = *p;
  *p += value;
  return old;
#endif
}

struct ClearCell {
  BuildView v;
  const int* cell_replica;
  MD_HD void operator()(int c) const {
    if (v.rebuild[cell_replica[c]]) v.cell_first[c] = 0;
  }
};

struct CountCell {
  BuildView v;
  MD_HD void operator()(int i) const {
    const int r = v.s.replica[i];
    if (v.rebuild[r]) fetch_add(v.cell_first + v.box[r].first_cell + v.cell[i] + 1, 1);
  }
};

struct FillCell {
  BuildView v;
  MD_HD void operator()(int i) const {
    const int r = v.s.replica[i];
    if (!v.rebuild[r]) return;
    const Grid& g = v.grid[r];
    if (g.cells[0] * g.cells[1] * g.cells[2] <= 1) {
      v.sorted[i] = i;
    } else {
      int* const cursor = v.cell_first + v.box[r].first_cell + v.cell[i] + 1;
      v.sorted[v.s.first_atom[r] + fetch_add(cursor, 1)] = i;
    }
  }
};

/// One cell is handled without cursors (FillCell), so its end is set here.
struct OrderCell {
  BuildView v;
  const int* cell_replica;
  MD_HD void operator()(int c) const {
    const int r = cell_replica[c];
    if (!v.rebuild[r]) return;
    const Grid& g = v.grid[r];
    const int n_cells = g.cells[0] * g.cells[1] * g.cells[2];
    const int own = c - v.box[r].first_cell;
    if (own >= n_cells) return;
    if (n_cells == 1) {
      v.cell_first[c + 1] = v.s.first_atom[r + 1] - v.s.first_atom[r];
      return;
    }
    int* const sorted = v.sorted + v.s.first_atom[r];
    for (int k = v.cell_first[c] + 1; k < v.cell_first[c + 1]; ++k) {
      const int atom = sorted[k];
      int hole = k;
      for (; hole > v.cell_first[c] && sorted[hole - 1] > atom; --hole)
        sorted[hole] = sorted[hole - 1];
      sorted[hole] = atom;
    }
  }
};

struct CopySorted {
  BuildView v;
  MD_HD void operator()(int slot) const {
    const int r = v.s.replica[slot];  // slots of a replica are numbered like its atoms
    if (!v.rebuild[r] || v.grid[r].cells[0] == 0) return;
    const int i = v.sorted[slot];
    const Vec3 at = v.reference[i] + v.offset[i];
    v.x[slot] = at.x, v.y[slot] = at.y, v.z[slot] = at.z;
  }
};

/// Counts to starts, replica by replica: entry c + 1 becomes the sum over the cells before c.
struct ScanCells {
  BuildView v;
  MD_HD void operator()(int r) const {
    if (!v.rebuild[r]) return;
    const Grid& g = v.grid[r];
    const int n_cells = g.cells[0] * g.cells[1] * g.cells[2];
    int* const first = v.cell_first + v.box[r].first_cell;
    for (int c = 0, sum = 0; c < n_cells; ++c) {
      const int size = first[c + 1];
      first[c + 1] = sum;
      sum += size;
    }
  }
};

#ifdef __CUDACC__
/// ScanCells with one block of 256 threads for each replica.
static __global__ void scan_cells_kernel(BuildView v, const int* gate) {
  if (gate && *gate) return;
  const int r = blockIdx.x, t = threadIdx.x;
  if (!v.rebuild[r]) return;
  const Grid& g = v.grid[r];
  const int n_cells = g.cells[0] * g.cells[1] * g.cells[2];
  int* const first = v.cell_first + v.box[r].first_cell + 1;
  const int part = (n_cells + 255) / 256;
  const int begin = min(t * part, n_cells), end = min(begin + part, n_cells);
  MD_SHARED(sums, int[256]);
  int sum = 0;
  for (int c = begin; c < end; ++c) sum += first[c];
  sums[t] = sum;
  for (int step = 1; step < 256; step *= 2) {
    __syncthreads();
    const int before = t >= step ? sums[t - step] : 0;
    __syncthreads();
    sums[t] += before;
  }
  sum = sums[t] - sum;
  for (int c = begin; c < end; ++c) {
    const int size = first[c];
    first[c] = sum;
    sum += size;
  }
}
#endif

inline void scan_cells(Stream& stream, const BuildView& v) {
#ifdef __CUDACC__
  if (stream.device().is_cuda())
    return launch(stream, "scan_cells", scan_cells_kernel, {v.s.n_replicas, 256}, v, stream.gate());
#endif
  for_each_index(stream, v.s.n_replicas, ScanCells{v});
}

/// Sorts the atoms of all replicas that are to be rebuilt; `cell_replica` has n_cells elements.
inline void sort_atoms(Stream& stream, const BuildView& v, int n_cells, const int* cell_replica) {
  for_each_index(stream, n_cells, ClearCell{v, cell_replica});
  for_each_index(stream, v.s.n_atoms, CountCell{v});
  scan_cells(stream, v);
  for_each_index(stream, v.s.n_atoms, FillCell{v});
  for_each_index(stream, n_cells, OrderCell{v, cell_replica});
  for_each_index(stream, v.s.n_atoms, CopySorted{v});
}

}  // namespace md::neighbors
