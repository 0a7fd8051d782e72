#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <vector>

#include "potentials/orb/normaliser.hpp"
#include "potentials/orb/orb_model.hpp"
#include "potentials/orb/torch_orb_graph.hpp"

// Include from .cpp files that use LibTorch only.

namespace md::orb {

/// Types of the numbers of a network.
struct TorchOrbTypes {
  at::ScalarType values;   // float32 or float64: sums, norms, gates, heads, what is kept of a graph
  at::ScalarType factors;  // of the products inside the blocks: the same, or bfloat16
};

/// What the heads say about the systems of a graph, in double. Before net force and torque are
/// taken away.
struct TorchOrbPrediction {
  at::Tensor energy;  // [B] eV, reference energies included
  at::Tensor forces;  // [N, 3] eV/A
  at::Tensor stress;  // [B, 6] xx yy zz yz xz xy, eV/A^3; undefined without a stress head
};

/// An Orb-v2 network on LibTorch, written after its definition and independent of the CPU kernels.
/// Distances, unit vectors, means over atoms and energies in double. With factors in bfloat16, the
/// encoders' first layers and the heads stay in float32, and so does what a product gives as soon
/// as it is there.
class TorchOrb {
 public:
  /// Throws InputError for a tensor that cannot be read or holds a number that is not finite.
  TorchOrb(const Safetensors& file, const OrbModel& model, TorchOrbTypes types,
           const Device& device);
  TorchOrbPrediction predict(const TorchOrbGraph& graph) const;

 private:
  friend class TorchOrbReader;
  struct Dense {
    at::Tensor weight, bias;  // [out, in], [out] or undefined; the bias is one of `values`
  };
  /// Three dense layers with shifted softplus between them, then a layer norm.
  struct Block {
    Dense first, second, third;
    at::Tensor scale, shift;  // [d]
  };
  /// The first layer of an edge block, W [e | h_sender | h_receiver] + b, is taken apart.
  struct Step {
    Dense sender, receiver;  // d -> m of the nodes: W_s h + b, W_r h
    Block edge, node;        // edge.first: W_e e, no bias
    Dense gates;             // d -> 2, to the sender and to the receiver
  };
  struct Head {
    Dense hidden, output;
    Normaliser normaliser;
  };

  static at::Tensor apply(const Dense& layer, const at::Tensor& x);
  static at::Tensor rest_of(const Block& block, const at::Tensor& x);
  static at::Tensor apply(const Block& block, const at::Tensor& x);
  static at::Tensor apply(const Head& head, const at::Tensor& x);

  TorchOrbTypes types_;
  double cutoff_;
  at::Tensor nodes_;  // [n_species, d] the embedding behind the node encoder
  Block edge_encoder_;
  std::vector<Step> steps_;
  Head energy_, forces_;
  std::vector<Head> stress_;  // one or none
  at::Tensor reference_;      // [n] double, eV
};

}  // namespace md::orb
