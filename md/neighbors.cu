#include <algorithm>
#include <atomic>
#include <numeric>

#include "md/errors.hpp"
#include "md/neighbors.hpp"
#include "md/neighbors_plan.cuh"
#include "md/neighbors_rows.cuh"
#include "md/neighbors_sort.cuh"
#include "md/neighbors_track.cuh"
#include "md/parallel.cuh"

namespace md {

using namespace neighbors;

namespace {

/// Replicas up to this size are rebuilt by one thread each, larger ones by all threads in turn.
constexpr int small_replica = 1024;
/// Aperiodic replicas up to this size get rows for all pairs and never overflow.
constexpr int all_pairs = 128;
constexpr int chunk_size = 512;
/// Vector code may read this many slots past the last.
constexpr int padding = 8;

/// A whole rebuild of one replica on one thread; rows apart.
struct SortOnHost {
  BuildView v;
  void operator()(int r) const {
    const int begin = v.s.first_atom[r], end = v.s.first_atom[r + 1];
    Bounds bounds;
    for (int i = begin; i < end; ++i) bounds += AtomBounds{v}(i);
    v.bounds[r] = bounds;
    MakeGrid{v}(r);
    for (int i = begin; i < end; ++i) PlaceAtom{v}(i);
    SortReplica{v}(r);
  }
};

struct RebuildSmall {
  BuildView v;
  const int* replicas;
  void operator()(int k) const {
    const int r = replicas[k];
    SortOnHost{v}(r);
    fill_rows(v, r, 0, v.s.first_atom[r + 1] - v.s.first_atom[r]);
  }
};

/// A fixed range of slots of a large replica.
struct FillBlock {
  static constexpr int size = 64;
  BuildView v;
  int r;
  void operator()(int b) const {
    const int n = v.s.first_atom[r + 1] - v.s.first_atom[r];
    fill_rows(v, r, b * size, std::min((b + 1) * size, n));
  }
};

}  // namespace

struct NeighborList::Data {
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

  Data(State& s, double cutoff_, double skin_)
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
      const bool complete = plan.boxes[r].periodic == 0 && size <= all_pairs;
      capacities.push_back(complete ? size - 1 : 0);
    }
    chunk_moved.resize(chunks.size());
    replicas.reserve(n_replicas);
    box = {device, plan.boxes};
    grid = {device, std::vector<Grid>(n_replicas)};
    bounds = {device, std::vector<Bounds>(n_replicas)};
    first_shift = {device, plan.first_shift};
    shift = {device, plan.shifts};
    cell_replica = {device, plan.cell_replica};
    zeros(cell_first, plan.cell_replica.size());
    zeros(rebuild, n_replicas);
    zeros(overflow, 1);
    zeros(sorted, n + padding);
    for (auto* array : {&cell, &needed}) zeros(*array, n);
    for (auto* array : {&reference, &offset, &wrapped}) zeros(*array, n);
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

  /// Rebuilds the rows of all replicas marked in `rebuild` from their reference positions.
  void rebuild_marked(Stream& stream) {
    const BuildView v = view();
    if (device.is_cuda())
      rebuild_on_device(v, stream);
    else
      rebuild_on_host(v, stream);
  }

  void rebuild_on_device(const BuildView& v, Stream& stream) {
    const int n_cells = static_cast<int>(cell_replica.size());
    sum_segments(stream, v.s.n_replicas, v.s.first_atom, AtomBounds{v}, v.bounds);
    for_each_index(stream, v.s.n_replicas, MakeGrid{v});
    for_each_index(stream, v.s.n_atoms, PlaceAtom{v});
    sort_atoms(stream, v, n_cells, cell_replica.data());
    for_each_index(stream, v.s.n_atoms, FillRow{v}, 500);
    for_each_index(stream, v.s.n_replicas, ClearRebuild{v});
    for_each_index(stream, 1, RaiseHalt{v});
  }

  void rebuild_on_host(const BuildView& v, Stream& stream) {
    const std::vector<int>& first = state.first_atom();
    replicas.clear();
    for (int r = 0; r < v.s.n_replicas; ++r)
      if (v.rebuild[r] && first[r + 1] - first[r] <= small_replica) replicas.push_back(r);
    for_each_index_on_host(stream, static_cast<int>(replicas.size()),
                           RebuildSmall{v, replicas.data()}, 5000);
    for (int r = 0; r < v.s.n_replicas; ++r) {
      const int n = first[r + 1] - first[r];
      if (!v.rebuild[r] || n <= small_replica) continue;
      SortOnHost{v}(r);
      for_each_index_on_host(stream, (n + FillBlock::size - 1) / FillBlock::size, FillBlock{v, r},
                             20000);
    }
    std::fill_n(v.rebuild, v.s.n_replicas, 0);
    RaiseHalt{v}(0);
  }

  /// Rebuilds everything from the reference positions, with more room until all rows fit.
  bool rebuild_all(Stream& stream) {
    state.halt.fill(0);
    bool enlarged = false;
    for (;;) {
      overflow.fill(0);
      rebuild.fill(1);
      rebuild_marked(stream);
      stream.synchronize();
      if (overflow.download()[0] == 0) return enlarged;
      state.halt.fill(0);
      enlarged = true;
      grow();
    }
  }

  void grow() {
    const std::vector<int> wanted = needed.download();
    for (int r = 0; r < state.n_replicas(); ++r) {
      const int begin = state.first_atom()[r], end = state.first_atom()[r + 1];
      const int most = *std::max_element(wanted.begin() + begin, wanted.begin() + end);
      if (most <= capacities[r]) continue;
      capacities[r] = most + most / 4 + 8;
      if (plan.boxes[r].periodic == 0) capacities[r] = std::min(capacities[r], end - begin - 1);
    }
    allocate_rows();
  }
};

NeighborList::NeighborList(State& state, double cutoff, double skin, Stream& stream)
    : data_(std::make_unique<Data>(state, cutoff, skin)) {
  build(stream);
}
NeighborList::~NeighborList() = default;
NeighborList::NeighborList(NeighborList&&) noexcept = default;

void NeighborList::refresh(Stream& stream) {
  Data& d = *data_;
  if (d.cutoff == 0) return;
  const BuildView v = d.view();
  if (d.device.is_cuda()) {
    for_each_index(stream, v.s.n_atoms, TrackAtom{v});
    for_each_index(stream, v.s.n_atoms, TakeReference{v});
    return d.rebuild_on_device(v, stream);
  }
  if (stream.gate() && *stream.gate()) return;
  const int n_chunks = static_cast<int>(d.chunks.size());
  for_each_index_on_host(stream, n_chunks, TrackChunk{v, d.chunks.data(), d.chunk_moved.data()},
                         v.s.n_atoms / n_chunks * 2);
  bool any = false;
  for (int c = 0; c < n_chunks; ++c)
    if (d.chunk_moved[c]) {
      v.rebuild[d.chunks[c].replica] = 1;
      any = true;
    }
  if (!any) return;
  for (const Chunk& chunk : d.chunks)
    if (v.rebuild[chunk.replica])
      std::copy(v.s.position + chunk.begin, v.s.position + chunk.end, v.reference + chunk.begin);
  d.rebuild_on_host(v, stream);
}

bool NeighborList::enlarge(Stream& stream) {
  Data& d = *data_;
  if (d.cutoff == 0) return false;
  stream.synchronize();
  if (d.overflow.download()[0] == 0) return false;
  d.grow();
  d.rebuild_all(stream);
  return true;
}

void NeighborList::build(Stream& stream) {
  stream.synchronize();
  restore(data_->state.position.download(), stream);
}

std::vector<Vec3> NeighborList::reference_positions() const {
  return data_->cutoff == 0 ? data_->state.position.download() : data_->reference.download();
}

void NeighborList::restore(const std::vector<Vec3>& reference_positions, Stream& stream) {
  Data& d = *data_;
  if (d.cutoff == 0) return;
  stream.synchronize();
  d.reference.upload(reference_positions);
  d.rebuild_all(stream);
}

NeighborView NeighborList::view() const {
  Data& d = *data_;
  NeighborView v;
  v.n_atoms = d.state.n_atoms();
  v.row = d.row.data();
  v.count = d.count.data();
  v.atom = d.atom.data();
  v.image = d.image.data();
  v.first_shift = d.first_shift.data();
  v.shift = d.shift.data();
  v.wrapped = d.cutoff == 0 ? d.state.position.data() : d.wrapped.data();
  return v;
}

double NeighborList::cutoff() const { return data_->cutoff; }
double NeighborList::skin() const { return data_->skin; }

std::int64_t NeighborList::n_builds() const {
  const Data& d = *data_;
  if (d.device.is_cuda()) {
    const std::vector<std::int64_t> builds = d.builds.download();
    return std::accumulate(builds.begin(), builds.end(), std::int64_t{0});
  }
  return std::accumulate(d.builds.data(), d.builds.data() + d.builds.size(), std::int64_t{0});
}

std::int64_t NeighborList::id() const { return data_->id; }

std::size_t NeighborList::bytes() const {
  const Data& d = *data_;
  const auto size = [](const auto&... arrays) {
    return (... + (arrays.size() * sizeof(*arrays.data())));
  };
  return size(d.box, d.grid, d.bounds, d.rebuild, d.first_shift, d.cell, d.cell_first,
              d.cell_replica, d.sorted, d.capacity, d.count, d.needed, d.atom, d.image, d.overflow,
              d.builds, d.row, d.reference, d.offset, d.wrapped, d.shift, d.x, d.y, d.z);
}

}  // namespace md
