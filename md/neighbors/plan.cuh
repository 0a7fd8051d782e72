#pragma once

#include <vector>

#include "md/neighbors/build.cuh"

namespace md::neighbors {

/// Host tables that describe a batch: made once from cells, periodicity and sizes.
struct Plan {
  std::vector<Box> boxes;        // [n_replicas]
  std::vector<int> first_shift;  // [n_replicas + 1]
  std::vector<Vec3> shifts;
  std::vector<int> cell_replica;  // [sum of max_cells + 1] replica that owns the cell
};

/// `radius` is cutoff + skin in A. Throws InputError when a cell is so thin that the neighbors of
/// an atom reach over more than a million images.
Plan make_plan(const std::vector<Mat3>& cells, const std::vector<Periodicity>& periodic,
               const std::vector<int>& first_atom, double radius);

}  // namespace md::neighbors
