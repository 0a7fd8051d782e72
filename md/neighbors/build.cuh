#pragma once

#include <cmath>
#include <cstdint>

#include "md/state.hpp"

namespace md::neighbors {

/// One replica's lattice as the lists see it; from its cell, periodicity and size alone.
struct Box {
  Mat3 cell;     // A; aperiodic rows are unit vectors normal to all other rows
  Mat3 inverse;  // fractional = x * inverse; along an aperiodic row the fraction is in A
  Vec3 height;   // A, between the planes of the cell; 1 along an aperiodic row
  Periodicity periodic;
  int images[3]{};     // shifts reach from -images to +images cells
  int first_cell = 0;  // of this replica in cell_first
  int max_cells = 1;   // 1: brute force
};

/// The division of a replica into cells of its present build. All images of a replica that is one
/// cell are the brute-force search.
struct Grid {
  Vec3 origin;     // fractional
  Vec3 scale;      // cells per fractional unit
  int cells[3]{};  // 0: the replica is bad and has empty rows
  int reach[3]{};  // neighbors are within this many cells
};

/// Extent of a replica's positions in fractional coordinates, and what is wrong with them.
struct Bounds {
  double low[3]{1e300, 1e300, 1e300}, high[3]{-1e300, -1e300, -1e300};
  int fault = 0;

  MD_HD Bounds& operator+=(const Bounds& b) {
    for (int k = 0; k < 3; ++k) {
      if (b.low[k] < low[k]) low[k] = b.low[k];
      if (b.high[k] > high[k]) high[k] = b.high[k];
    }
    fault |= b.fault;
    return *this;
  }
};

/// Everything the kernels of a build read and write, in device memory.
struct BuildView {
  StateView s;
  double radius = 0;                 // A, cutoff + skin
  double limit2 = 0;                 // A^2, displacement that asks for a rebuild, squared
  const Box* box = nullptr;          // [n_replicas]
  Grid* grid = nullptr;              // [n_replicas]
  Bounds* bounds = nullptr;          // [n_replicas]
  int* rebuild = nullptr;            // [n_replicas] 1: to be rebuilt in this step
  std::int64_t* builds = nullptr;    // [n_replicas]
  Vec3* reference = nullptr;         // [n_atoms] positions at the last build
  Vec3* offset = nullptr;            // [n_atoms] wrapped - position
  Vec3* wrapped = nullptr;           // [n_atoms]
  const int* first_shift = nullptr;  // [n_replicas + 1]
  const Vec3* shift = nullptr;       // A
  int* cell = nullptr;               // [n_atoms] within the replica
  int* cell_first = nullptr;         // [sum of max_cells + 1] first slot of each cell
  int* sorted = nullptr;             // [n_atoms + 8] atoms of a replica by cell, then by number
  double *x = nullptr, *y = nullptr, *z = nullptr;  // [n_atoms + 8] A, wrapped, as in sorted
  const int* capacity = nullptr;                    // [n_replicas] entries of one row
  const std::int64_t* row = nullptr;                // [n_atoms]
  int* count = nullptr;                             // [n_atoms]
  int* needed = nullptr;                            // [n_atoms] entries the row would like to have
  int* atom = nullptr;
  int* image = nullptr;
  int* overflow = nullptr;  // [1]
};

/// Periodic images are counted up to this many cells, aperiodic positions taken up to this many A.
inline constexpr double max_periods = 1e6, max_extent = 1e9;

struct AtomBounds {
  BuildView v;
  MD_HD Bounds operator()(int i) const {
    Bounds b;
    const int r = v.s.replica[i];
    if (!v.rebuild[r]) return b;
    const Box& box = v.box[r];
    const Vec3 f = v.reference[i] * box.inverse;
    for (int k = 0; k < 3; ++k) {
      const double limit = box.periodic[k] ? max_periods : max_extent;
      b.low[k] = b.high[k] = f[k];
      // Written so that a NaN fails it.
      if (!(std::fabs(f[k]) <= limit)) b.fault |= f[k] - f[k] == 0 ? fault_lost : fault_not_finite;
    }
    return b;
  }
};

struct MakeGrid {
  BuildView v;
  MD_HD void operator()(int r) const {
    if (!v.rebuild[r]) return;
    const Bounds& bounds = v.bounds[r];
    const Box& box = v.box[r];
    Grid g;
    ++v.builds[r];
    if (bounds.fault) {
      v.s.fault[r] |= bounds.fault;
      v.grid[r] = g;
      return;
    }
    double extent[3], length[3];
    for (int k = 0; k < 3; ++k) {
      const bool periodic = box.periodic[k];
      extent[k] = periodic ? 1 : bounds.high[k] - bounds.low[k];
      length[k] = extent[k] * box.height[k];
      g.origin[k] = periodic ? 0 : bounds.low[k];
      // Cells a little thicker than half the radius: neighbors are two cells away at most.
      const double wanted = std::floor(length[k] / (0.50001 * v.radius));
      g.cells[k] = box.max_cells == 1 || wanted < 1 ? 1 : wanted > 1e4 ? 10000 : int(wanted);
    }
    while (double(g.cells[0]) * g.cells[1] * g.cells[2] > box.max_cells) {
      int most = 0;
      for (int k = 1; k < 3; ++k)
        if (g.cells[k] > g.cells[most]) most = k;
      g.cells[most] -= (g.cells[most] + 7) / 8;
    }
    for (int k = 0; k < 3; ++k) {
      g.scale[k] = extent[k] > 0 ? g.cells[k] / extent[k] : 0;
      const bool periodic = box.periodic[k];
      if (!periodic && g.cells[k] == 1) continue;
      // The margin covers the rounding of positions that were wrapped from far away.
      const double reach = std::ceil(v.radius * g.cells[k] / length[k] + 1e-6);
      g.reach[k] = !periodic && reach > g.cells[k] - 1 ? g.cells[k] - 1 : int(reach);
    }
    v.grid[r] = g;
  }
};

/// Chooses the image of an atom that lies in the cell and finds its place in the grid.
struct PlaceAtom {
  BuildView v;
  MD_HD void operator()(int i) const {
    const int r = v.s.replica[i];
    if (!v.rebuild[r]) return;
    const Grid& g = v.grid[r];
    v.offset[i] = {};
    v.cell[i] = 0;
    if (g.cells[0] > 0) {
      const Box& box = v.box[r];
      Vec3 periods = v.reference[i] * box.inverse;
      for (int k = 0; k < 3; ++k) periods[k] = box.periodic[k] ? -std::floor(periods[k]) : 0;
      v.offset[i] = periods * box.cell;
      const Vec3 f = (v.reference[i] + v.offset[i]) * box.inverse;
      int cell = 0;
      for (int k = 0; k < 3; ++k) {
        const double c = std::floor((f[k] - g.origin[k]) * g.scale[k]);
        cell = cell * g.cells[k] + (c < 0 ? 0 : c >= g.cells[k] ? g.cells[k] - 1 : int(c));
      }
      v.cell[i] = cell;
    }
    v.wrapped[i] = v.s.position[i] + v.offset[i];
  }
};

}  // namespace md::neighbors
