#include <algorithm>
#include <numeric>

#include "md/device/parallel.cuh"
#include "md/neighbors/neighbors.hpp"
#include "md/neighbors/rows.cuh"
#include "md/neighbors/sort.cuh"
#include "md/neighbors/storage.cuh"

namespace md {

using namespace neighbors;

namespace {

/// Replicas up to this size are rebuilt by one thread each, larger ones by all threads in turn.
constexpr int small_replica = 1024;

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

struct NeighborList::Data : Storage {
  using Storage::Storage;

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
    sum_segments(stream, v.s.n_replicas, v.s.n_atoms, v.s.first_atom, AtomBounds{v}, v.bounds);
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
  v.builds = d.builds.data();
  v.capacity = static_cast<std::int64_t>(d.atom.size());
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

std::size_t NeighborList::bytes() const { return data_->bytes(); }

}  // namespace md
