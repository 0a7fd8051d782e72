#include "md/device/parallel.cuh"
#include "md/neighbors/edges.hpp"
#ifdef __CUDACC__
#include <thrust/execution_policy.h>
#include <thrust/scan.h>
#endif

namespace md {
namespace {

/// Starts of the rows when they lie one after the other.
void scan_counts(Stream& stream, int n, const int* count, int* first) {
#ifdef __CUDACC__
  if (stream.device().is_cuda()) {
    const auto policy = thrust::cuda::par.on(static_cast<cudaStream_t>(stream.handle()));
    thrust::inclusive_scan(policy, count, count + n, first + 1);
    return;
  }
#endif
  (void)stream;
  for (int i = 0; i < n; ++i) first[i + 1] = first[i] + count[i];
}

/// The edges of one atom, in the order of its row.
struct CopyRow {
  NeighborView n;
  const int* first;
  int *center, *neighbor;
  std::int64_t* entry;
  MD_HD void operator()(int i) const {
    for (int k = 0; k < n.count[i]; ++k) {
      const int e = first[i] + k;
      center[e] = i;
      neighbor[e] = n.atom[n.row[i] + k];
      entry[e] = n.row[i] + k;
    }
  }
};

/// Looks for the opposite of each edge of an atom: the same pair in the opposite image.
struct FindReverse {
  NeighborView n;
  const int *replica, *first, *neighbor;
  int* reverse;
  MD_HD void operator()(int i) const {
    const int r = replica[i];
    const int last_image = n.first_shift[r + 1] - n.first_shift[r] - 1;
    for (int e = first[i]; e < first[i + 1]; ++e) {
      const int j = neighbor[e];
      const int image = last_image - n.image[n.row[i] + e - first[i]];
      const std::int64_t row = n.row[j];
      int k = 0;
      while (k < n.count[j] && (n.atom[row + k] != i || n.image[row + k] != image)) ++k;
      // Without a reverse only while a row has overflowed, and then nobody uses the result.
      reverse[e] = k < n.count[j] ? first[j] + k : e;
    }
  }
};

struct UpdateVector {
  NeighborView n;
  const int *replica, *center;
  const std::int64_t* entry;
  Vec3* vector;
  MD_HD void operator()(int e) const {
    const int i = center[e];
    vector[e] = n.vector(replica[i], i, entry[e]);
  }
};

struct AddForce {
  Vec3* force;
  const int *first, *reverse;
  const Vec3* gradient;
  MD_HD void operator()(int i) const {
    Vec3 sum;
    for (int e = first[i]; e < first[i + 1]; ++e) sum += gradient[e] - gradient[reverse[e]];
    force[i] += sum;
  }
};

struct AtomVirial {
  const int* first;
  const Vec3 *vector, *gradient;
  MD_HD Mat3 operator()(int i) const {
    Mat3 sum;
    for (int e = first[i]; e < first[i + 1]; ++e) sum += outer(vector[e], gradient[e]);
    return sum;
  }
};

struct SubtractVirial {
  const Mat3* sum;
  Mat3* virial;
  MD_HD void operator()(int r) const { virial[r] += -1.0 * sum[r]; }
};

}  // namespace

EdgeList::EdgeList(Device device) : device_(device) {}

void EdgeList::update(const StateView& state, const NeighborList& neighbors, Stream& stream) {
  const NeighborView rows = neighbors.view();
  const std::int64_t n_builds = neighbors.n_builds();
  if (neighbors.id() != list_ || n_builds != built_) {
    if (n_atoms_ != rows.n_atoms) first_ = {device_, std::vector<int>(rows.n_atoms + 1)};
    n_atoms_ = rows.n_atoms;
    scan_counts(stream, n_atoms_, rows.count, first_.data());
    stream.synchronize();
    copy_to_host(device_, &n_edges_, first_.data() + n_atoms_, sizeof(int));
    if (const std::size_t n = n_edges_; n > center_.size()) {
      const std::size_t room = n + n / 8;
      for (auto* array : {&center_, &neighbor_, &reverse_}) *array = {device_, room};
      entry_ = {device_, room};
      vector_ = {device_, room};
    }
    for_each_index(stream, n_atoms_,
                   CopyRow{rows, first_.data(), center_.data(), neighbor_.data(), entry_.data()},
                   50);
    for_each_index(
        stream, n_atoms_,
        FindReverse{rows, state.replica, first_.data(), neighbor_.data(), reverse_.data()}, 500);
    if (const std::size_t n = state.n_replicas; virial_.size() < n) virial_ = {device_, n};
    list_ = neighbors.id();
    built_ = n_builds;
  }
  for_each_index(stream, n_edges_,
                 UpdateVector{rows, state.replica, center_.data(), entry_.data(), vector_.data()});
}

EdgeView EdgeList::view() const {
  return {n_atoms_,         n_edges_,        first_.data(), center_.data(),
          neighbor_.data(), reverse_.data(), vector_.data()};
}

void EdgeList::add_forces(const StateView& state, const Vec3* gradient, bool virial,
                          Stream& stream) const {
  for_each_index(stream, n_atoms_, AddForce{state.force, first_.data(), reverse_.data(), gradient},
                 50);
  if (!virial) return;
  sum_segments(stream, state.n_replicas, state.n_atoms, state.first_atom,
               AtomVirial{first_.data(), vector_.data(), gradient}, virial_.data(), 1000);
  for_each_index(stream, state.n_replicas, SubtractVirial{virial_.data(), state.virial});
}

}  // namespace md
