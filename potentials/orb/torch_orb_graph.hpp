#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include "md/neighbors/neighbors.hpp"

// Include from .cpp files that use LibTorch only.

namespace md::orb {

/// Some whole systems and the directed edges between their atoms. Atoms are numbered from 0 within
/// the graph, and so are systems.
struct TorchOrbGraph {
  std::int64_t n_systems = 0;   // B
  at::Tensor number;            // [N] int64, atomic numbers
  at::Tensor system;            // [N] int64, ascending
  at::Tensor sender, receiver;  // [E] int64
  at::Tensor vector;            // [E, 3] double, from sender to receiver, A

  /// [N, k] -> [B, k]: sum over the atoms of each system.
  at::Tensor sum(const at::Tensor& x) const {
    return at::zeros({n_systems, x.size(1)}, x.options()).index_add_(0, system, x);
  }
};

/// The atoms of the replicas [first, last) of a batch, which are the atoms [begin, end), with edges
/// as NearestNeighbors chooses them: of each atom the (at most) `most` nearest within `cutoff`; by
/// the distance rounded to 1e-9 A, then by the receiver, then by the shift of its image. Found on
/// the device by stable sorts.
TorchOrbGraph nearest_graph(const StateView& state, const NeighborView& neighbors,
                            const Device& device, int first, int last, std::int64_t begin,
                            std::int64_t end, double cutoff, int most);

/// Forces [N, 3] without their mean over each system, and where `free` ([B] bool) without net
/// torque, as in net_force.hpp. Positions [N, 3] A; all in double.
at::Tensor without_net_force(const TorchOrbGraph& graph, const at::Tensor& forces,
                             const at::Tensor& position, const at::Tensor& free);

}  // namespace md::orb
