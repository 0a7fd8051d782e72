#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "md/neighbors/edges.hpp"
#include "md/potential.hpp"

// Networks on the edges of a batch, differentiated by LibTorch. Include from .cpp files of this
// folder only.

namespace md {

/// What a network sees: N atoms and the E directed edges between them that are shorter than the
/// cutoff, sorted by center.
struct TorchGraph {
  at::Tensor number;    // [N] int64, atomic numbers
  at::Tensor center;    // [E] int64, atom that receives
  at::Tensor neighbor;  // [E] int64, atom that sends
  at::Tensor vector;    // [E, 3] double, from center to neighbor, A; gradients are taken by these
};

/// Energies of atoms from a graph.
class TorchNetwork {
 public:
  virtual ~TorchNetwork() = default;
  /// [N] double, eV. Row i depends on the edges of the replica of atom i alone.
  virtual at::Tensor atom_energies(const TorchGraph& graph) const = 0;
};

/// dE/dvector of the sum of the network's energies, [E, 3] double, and the energies, [N] double.
/// `graph.vector` need not require gradients.
struct EnergyGradient {
  at::Tensor energies, gradient;
};
EnergyGradient differentiate(const TorchNetwork& network, TorchGraph graph);

/// A network as a potential: forces and virial through the gradient with respect to the edge
/// vectors. Strict: replica by replica, so that a replica's bits do not depend on the batch; else
/// all replicas at once. Edges at or beyond traits.cutoff are left out.
class TorchEdgePotential final : public Potential {
 public:
  TorchEdgePotential(std::unique_ptr<TorchNetwork> network, PotentialTraits traits, Device device,
                     bool strict, Description description);
  const PotentialTraits& traits() const override { return traits_; }
  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override;
  Description describe() const override { return description_; }

 private:
  struct Range {  // of atoms or edges
    std::int64_t begin, end;
  };
  void evaluate(const StateView& state, const EdgeView& edges, Range replicas, Range atoms,
                Range range, at::Tensor& gradient) const;

  std::unique_ptr<TorchNetwork> network_;
  PotentialTraits traits_;
  Device device_;
  bool strict_;
  Description description_;
  EdgeList edges_;
};

}  // namespace md
