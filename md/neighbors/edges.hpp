#pragma once

#include <cstdint>

#include "md/device/array.hpp"
#include "md/neighbors/neighbors.hpp"

namespace md {

/// Directed edges in device memory, sorted by center: those of atom i are first[i] ...
/// first[i+1]-1.
struct EdgeView {
  int n_atoms = 0;
  int n_edges = 0;
  const int* first = nullptr;     // [n_atoms + 1]
  const int* center = nullptr;    // [n_edges] atom that receives
  const int* neighbor = nullptr;  // [n_edges] atom that sends
  const int* reverse = nullptr;   // [n_edges] the edge with the opposite vector
  const Vec3* vector = nullptr;   // [n_edges] from center to neighbor, A
};

/// The neighbor rows of a batch as one compact list of edges with their reverse, for networks that
/// work on all edges at once. Includes the skin; edges at or beyond the cutoff must contribute
/// zero.
class EdgeList {
 public:
  explicit EdgeList(Device device);
  /// Takes over rows that changed since the last call and updates the vectors. Waits for the device
  /// (the number of edges goes to the host), so its user is not recordable.
  void update(const StateView& state, const NeighborList& neighbors, Stream& stream);
  EdgeView view() const;

  /// force[i] += sum over edges e of i of (gradient[e] - gradient[reverse[e]]) and, if wanted,
  /// virial[r] -= sum vector (x) gradient, where gradient[e] = dE/dvector[e] in eV/A, [n_edges].
  /// Fixed order of the sums within a replica.
  void add_forces(const StateView& state, const Vec3* gradient, bool virial, Stream& stream) const;

 private:
  Array<int> first_, center_, neighbor_, reverse_;
  Array<std::int64_t> entry_;
  Array<Vec3> vector_;
  mutable Array<Mat3> virial_;  // [n_replicas] scratch of add_forces
  Device device_;
  int n_atoms_ = 0, n_edges_ = 0;
  std::int64_t list_ = -1, built_ = -1;  // id and n_builds of the rows taken over
};

/// Directed edges in device memory, numbered like the entries of the neighbor rows: those of atom i
/// are rows.row[i] ... rows.row[i] + rows.count[i] - 1, the unused rest of a row is no edge.
struct PaddedEdgeView {
  NeighborView rows;
  const int* replica = nullptr;           // [n_atoms]
  const int* center = nullptr;            // [capacity] -1: not an edge
  const std::int64_t* reverse = nullptr;  // [capacity] the edge with the opposite vector

  MD_HD Vec3 vector(std::int64_t e) const { return rows.vector(replica[center[e]], center[e], e); }
};

/// The same edges as EdgeList without a copy of the rows, for networks inside a recorded step: what
/// changed is found on the device, replica by replica.
class PaddedEdgeList {
 public:
  explicit PaddedEdgeList(Device device) : device_(device) {}
  /// Takes over rows that were rebuilt since the last call. Recordable as long as list and capacity
  /// are those of the last call; otherwise it allocates.
  void update(const StateView& state, const NeighborList& neighbors, Stream& stream);
  PaddedEdgeView view() const;

  /// force[i] += sum over the edges e of i of (gradient[e] - gradient[reverse[e]]) and, if wanted,
  /// virial[r] -= sum vector (x) gradient, where gradient[e] = dE/dvector[e] in eV/A, [capacity];
  /// read at edges only. Fixed order of the sums within a replica.
  void add_forces(const StateView& state, const Vec3* gradient, bool virial, Stream& stream);

 private:
  Device device_;
  PaddedEdgeView view_;
  Array<int> center_;
  Array<std::int64_t> reverse_, taken_;  // taken_: [n_replicas] builds of the rows taken over
  Array<Mat3> virial_;                   // [n_replicas] scratch of add_forces
  std::int64_t list_ = -1;               // id of the list
};

}  // namespace md
