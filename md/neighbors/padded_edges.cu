#include "md/device/parallel.cuh"
#include "md/neighbors/edges.hpp"

namespace md {
namespace {

/// The row of one atom, if its replica was rebuilt: centers, and the opposite of each edge, which
/// is the same pair in the opposite image. A group of lanes for each atom, see lanes.cuh.
struct TakeRow {
  PaddedEdgeView v;
  const std::int64_t* taken;
  int* center;
  std::int64_t* reverse;
  template <class Lanes>
  MD_HD void operator()(int i, const Lanes& lanes) const {
    const NeighborView& n = v.rows;
    const int r = v.replica[i];
    if (n.builds[r] == taken[r]) return;
    const int last_image = n.first_shift[r + 1] - n.first_shift[r] - 1;
    const std::int64_t row = n.row[i], end = i + 1 < n.n_atoms ? n.row[i + 1] : n.capacity;
    for (std::int64_t e0 = row + lanes.first(); e0 < end; e0 += 32)
      for (int lane = 0; lane < Lanes::width; ++lane)
        if (const std::int64_t e = e0 + lane; e < end) take(i, e, e < row + n.count[i], last_image);
  }

 private:
  MD_HD void take(int i, std::int64_t e, bool used, int last_image) const {
    const NeighborView& n = v.rows;
    center[e] = used ? i : -1;
    if (!used) return;
    const int j = n.atom[e], image = last_image - n.image[e];
    std::int64_t k = n.row[j];
    const std::int64_t stop = k + n.count[j];
    while (k < stop && (n.atom[k] != i || n.image[k] != image)) ++k;
    // Without a reverse only while a row has overflowed, and then nobody uses the result.
    reverse[e] = k < stop ? k : e;
  }
};

/// After all rows were taken.
struct MarkTaken {
  const std::int64_t* builds;
  std::int64_t* taken;
  MD_HD void operator()(int r) const { taken[r] = builds[r]; }
};

/// A group of lanes for each atom.
struct AddRowForce {
  PaddedEdgeView v;
  const Vec3* gradient;
  Vec3* force;
  template <class Lanes>
  MD_HD void operator()(int i, const Lanes& lanes) const {
    const std::int64_t row = v.rows.row[i];
    const int count = v.rows.count[i];
    double sum[3][Lanes::width]{};
    for (int k0 = lanes.first(); k0 < count; k0 += 32)
      for (int lane = 0; lane < Lanes::width; ++lane)
        if (const int k = k0 + lane; k < count) {
          const Vec3 g = gradient[row + k] - gradient[v.reverse[row + k]];
          for (int d = 0; d < 3; ++d) sum[d][lane] += g[d];
        }
    const Vec3 total{lanes.sum(sum[0]), lanes.sum(sum[1]), lanes.sum(sum[2])};
    if (lanes.first() == 0) force[i] += total;
  }
};

struct RowVirial {
  PaddedEdgeView v;
  const Vec3* gradient;
  MD_HD Mat3 operator()(int i) const {
    const std::int64_t row = v.rows.row[i];
    Mat3 sum;
    for (int k = 0; k < v.rows.count[i]; ++k) sum += outer(v.vector(row + k), gradient[row + k]);
    return sum;
  }
};

struct SubtractRowVirial {
  const Mat3* sum;
  Mat3* virial;
  MD_HD void operator()(int r) const { virial[r] += -1.0 * sum[r]; }
};

}  // namespace

void PaddedEdgeList::update(const StateView& state, const NeighborList& neighbors, Stream& stream) {
  view_.rows = neighbors.view();
  view_.replica = state.replica;
  const std::size_t capacity = view_.rows.capacity, n_replicas = state.n_replicas;
  if (neighbors.id() != list_ || capacity != center_.size() || n_replicas != taken_.size()) {
    center_ = {device_, capacity};
    reverse_ = {device_, capacity};
    taken_ = {device_, std::vector<std::int64_t>(n_replicas, -1)};
    virial_ = {device_, n_replicas};
    list_ = neighbors.id();
  }
  view_.center = center_.data();
  view_.reverse = reverse_.data();
  for_each_group(stream, state.n_atoms,
                 TakeRow{view_, taken_.data(), center_.data(), reverse_.data()}, 500);
  for_each_index(stream, state.n_replicas, MarkTaken{view_.rows.builds, taken_.data()});
}

PaddedEdgeView PaddedEdgeList::view() const { return view_; }

void PaddedEdgeList::add_forces(const StateView& state, const Vec3* gradient, bool virial,
                                Stream& stream) {
  for_each_group(stream, state.n_atoms, AddRowForce{view_, gradient, state.force}, 50);
  if (!virial) return;
  sum_segments(stream, state.n_replicas, state.n_atoms, state.first_atom,
               RowVirial{view_, gradient}, virial_.data(), 1000);
  for_each_index(stream, state.n_replicas, SubtractRowVirial{virial_.data(), state.virial});
}

}  // namespace md
