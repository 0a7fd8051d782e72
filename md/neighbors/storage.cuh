#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

#include "md/device/array.hpp"
#include "md/neighbors/plan.cuh"
#include "md/neighbors/track.cuh"

namespace md::neighbors {

/// Aperiodic replicas up to this size get rows for all pairs and never overflow.
inline constexpr int all_pairs = 128;
inline constexpr int chunk_size = 512;
/// Vector code may read this many slots past the last.
inline constexpr int padding = 8;

/// All memory of a NeighborList.
struct Storage {
  // Made so far. NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
  static inline std::atomic<std::int64_t> lists{0};
  const std::int64_t id = ++lists;
  State& state;
  Device device;
  double cutoff, skin;
  Plan plan;
  std::vector<Chunk> chunks;
  std::vector<int> chunk_moved, replicas;  // host only
  std::vector<int> capacities;             // [n_replicas]
  Array<Box> box;
  Array<Grid> grid;
  Array<Bounds> bounds;
  Array<int> rebuild, first_shift, cell, cell_first, cell_replica, sorted, capacity, count, needed;
  Array<int> atom, image, overflow;
  Array<std::int64_t> builds, row;
  Array<Vec3> reference, offset, wrapped, shift;
  Array<double> x, y, z;

  Storage(State& s, double cutoff_, double skin_)
      : state(s), device(s.device()), cutoff(cutoff_), skin(skin_) {
    const std::size_t n = s.n_atoms(), n_replicas = s.n_replicas();
    const auto zeros = [&]<class T>(Array<T>& array, std::size_t size) {
      array = Array<T>(device, std::vector<T>(size));
    };
    zeros(count, n);
    zeros(row, n);
    zeros(builds, n_replicas);
    if (cutoff == 0) return;
    plan = make_plan(s.cell.download(), s.periodic.download(), s.first_atom(), cutoff + skin);
    for (std::size_t r = 0; r < n_replicas; ++r) {
      const int begin = s.first_atom()[r], end = s.first_atom()[r + 1], size = end - begin;
      for (int i = begin; i < end; i += chunk_size)
        chunks.push_back({static_cast<int>(r), i, std::min(i + chunk_size, end)});
      const bool complete = !plan.boxes[r].periodic.any() && size <= all_pairs;
      capacities.push_back(complete ? size - 1 : 0);
    }
    chunk_moved.resize(chunks.size());
    replicas.reserve(n_replicas);
    box = {device, plan.boxes};
    grid = {device, std::vector<Grid>(n_replicas)};
    bounds = {device, std::vector<Bounds>(n_replicas)};
    first_shift = {device, plan.first_shift};
    std::vector<Vec3> shifts = plan.shifts;
    shifts.push_back({});
    shift = {device, shifts};
    cell_replica = {device, plan.cell_replica};
    zeros(cell_first, plan.cell_replica.size());
    zeros(rebuild, n_replicas);
    zeros(overflow, 1);
    zeros(sorted, n + padding);
    for (auto* array : {&cell, &needed}) zeros(*array, n);
    for (auto* array : {&reference, &offset}) zeros(*array, n);
    zeros(wrapped, n + 1);
    for (auto* array : {&x, &y, &z}) zeros(*array, n + padding);
    allocate_rows();
  }

  void allocate_rows() {
    std::vector<std::int64_t> starts;
    std::int64_t total = 0;
    for (int r = 0; r < state.n_replicas(); ++r)
      for (int i = state.first_atom()[r]; i < state.first_atom()[r + 1]; ++i) {
        starts.push_back(total);
        total += capacities[r];
      }
    atom = {};
    image = {};
    row = {device, starts};
    capacity = {device, capacities};
    atom = {device, static_cast<std::size_t>(total)};
    image = {device, static_cast<std::size_t>(total)};
  }

  BuildView view() {
    BuildView v;
    v.s = state.view();
    v.radius = cutoff + skin;
    v.limit2 = skin / 2 * (skin / 2);
    v.box = box.data();
    v.grid = grid.data();
    v.bounds = bounds.data();
    v.rebuild = rebuild.data();
    v.builds = builds.data();
    v.reference = reference.data();
    v.offset = offset.data();
    v.wrapped = wrapped.data();
    v.first_shift = first_shift.data();
    v.shift = shift.data();
    v.cell = cell.data();
    v.cell_first = cell_first.data();
    v.sorted = sorted.data();
    v.x = x.data();
    v.y = y.data();
    v.z = z.data();
    v.capacity = capacity.data();
    v.row = row.data();
    v.count = count.data();
    v.needed = needed.data();
    v.atom = atom.data();
    v.image = image.data();
    v.overflow = overflow.data();
    return v;
  }

  /// More room for the replicas whose rows need it.
  void grow() {
    const std::vector<int> wanted = needed.download();
    for (int r = 0; r < state.n_replicas(); ++r) {
      const int begin = state.first_atom()[r], end = state.first_atom()[r + 1];
      const int most = *std::max_element(wanted.begin() + begin, wanted.begin() + end);
      if (most <= capacities[r]) continue;
      capacities[r] = most + most / 4 + 8;
      if (!plan.boxes[r].periodic.any()) capacities[r] = std::min(capacities[r], end - begin - 1);
    }
    allocate_rows();
  }

  std::size_t bytes() const {
    const auto size = [](const auto&... arrays) {
      return (... + (arrays.size() * sizeof(*arrays.data())));
    };
    return size(box, grid, bounds, rebuild, first_shift, cell, cell_first, cell_replica, sorted,
                capacity, count, needed, atom, image, overflow, builds, row, reference, offset,
                wrapped, shift, x, y, z);
  }
};

}  // namespace md::neighbors
