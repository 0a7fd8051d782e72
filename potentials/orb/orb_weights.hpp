#pragma once

#include "potentials/orb/orb_model.hpp"
#include "potentials/support/packed_matrix.hpp"

namespace md::orb {

using painn::Aligned;
using painn::MatrixView;
using painn::PackedMatrix;
using painn::padded;
using painn::panel;

/// Three dense layers with shifted softplus between them, then a layer norm.
template <class T>
struct Block {
  PackedMatrix<T> first, second, third;
  Aligned<T> scale, shift;  // [d] of the layer norm
};

/// Two dense layers with shifted softplus between them, then y deviation + mean.
template <class T>
struct Head {
  PackedMatrix<T> hidden;
  int outputs = 0;
  Aligned<T> weight;         // [outputs, padded hidden]
  std::vector<double> bias;  // [outputs]
  double mean = 0, deviation = 1;
};

/// An Orb-v2 network as the kernels want it: widths padded to multiples of 32 with zeros, matrices
/// packed in panels. The first layer of an edge block, W [e | h_sender | h_receiver] + b, is taken
/// apart: W_e e for every edge, and (W_s h + b, W_r h) for every node by `project`.
template <class T>
struct Weights {
  struct Step {
    PackedMatrix<T> project;  // d -> 2 m
    Block<T> edge, node;      // edge.first: d -> m, no bias; node.first: [h | received | sent] -> m
    Aligned<T> gate[2];       // [d] for the sender, for the receiver
    T gate_bias[2];
  };

  /// Throws InputError for a tensor that cannot be read or holds a number that is not finite.
  Weights(const Safetensors& file, const OrbModel& model);

  int true_channels = 0;         // d
  int channels = 0, hidden = 0;  // d and m, padded
  int widest_head = 0;           // padded
  int n_species = 0;
  double cutoff = 0;  // A
  Aligned<T> nodes;   // [n_species, d] the embedding; Network puts it through `node_encoder`
  Block<T> node_encoder, edge_encoder;
  std::vector<Step> steps;
  Head<T> energy, forces, stress;  // without a stress head its `outputs` are 0
  std::vector<double> reference;   // [Z] eV
};

extern template struct Weights<float>;
extern template struct Weights<double>;

}  // namespace md::orb
