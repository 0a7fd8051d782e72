#include "potentials/orb/orb_network.hpp"

#include <algorithm>

#include "md/device/host_parallel.hpp"
#include "potentials/support/arrays.hpp"
#include "potentials/support/tiles.hpp"

namespace md::orb {

using painn::grow;

template <class T>
void Tape<T>::resize(const Weights<T>& w, int n_atoms, int n_edges) {
  const std::size_t n = n_atoms, m = n_edges;
  for (Aligned<T>* array : {&e, &u}) grow(*array, m * w.channels);
  grow(gate, 2 * m);
  grow(envelope, m);
  grow(h, n * w.channels);
  grow(projected, 2 * n * w.hidden);
  grow(forces, n);
}

template <class T>
void Scratch<T>::resize(const Weights<T>& w) {
  // A cache line more than the width: rows do not all fall on the same few places of the cache.
  constexpr int line = 64 / sizeof(T);
  wide = std::max(w.hidden, w.widest_head) + line;
  narrow = w.channels + line;
  input_width = std::max(3 * w.channels, padded(n_edge_inputs)) + line;
  for (Aligned<T>* array : {&a, &b}) grow(*array, static_cast<std::size_t>(most_rows) * wide);
  grow(c, static_cast<std::size_t>(most_rows) * narrow);
  grow(input, static_cast<std::size_t>(most_rows) * input_width);
}

template <class T>
Network<T>::Network(const Safetensors& file, const OrbModel& model) : weights_(file, model) {
  // What the node encoder makes of an element depends on nothing else.
  Scratch<T>& scratch = scratch_.local();
  scratch.resize(weights_);
  apply_block(weights_, weights_.node_encoder, weights_.n_species, weights_.nodes.data(), scratch);
  weights_.node_encoder = {};
}

template <class T>
const Prediction& Network<T>::evaluate(const Graph& graph, const int* number,
                                       std::span<const int> first_atom, Stream& stream) {
  tape_.resize(weights_, graph.n_atoms, graph.n_edges);
  const int threads = stream.threads();
  const int edge_blocks = painn::block_count(graph.n_edges, most_rows, threads);
  const int node_blocks = painn::block_count(graph.n_atoms, most_rows, threads);
  const auto cut = [](std::int64_t n, int k, int blocks) {
    return static_cast<int>(n * std::min(k, blocks) / std::max(blocks, 1));
  };
  const int n_stages = stage_count(static_cast<int>(weights_.steps.size()));
  for_each_stage_on_host(stream, n_stages, std::max(edge_blocks, node_blocks),
                         [&](int stage, int b) {
                           Range range;
                           if (has_edges(stage)) {
                             range.first_edge = cut(graph.n_edges, b, edge_blocks);
                             range.last_edge = cut(graph.n_edges, b + 1, edge_blocks);
                           }
                           if (has_nodes(stage)) {
                             range.first_node = cut(graph.n_atoms, b, node_blocks);
                             range.last_node = cut(graph.n_atoms, b + 1, node_blocks);
                           }
                           Scratch<T>& scratch = scratch_.local();
                           scratch.resize(weights_);
                           run_stage(stage, weights_, graph, number, tape_, scratch, range);
                         });
  prediction_.forces.assign(tape_.forces.begin(), tape_.forces.begin() + graph.n_atoms);
  read_out(number, first_atom);
  return prediction_;
}

/// Energy and stress from the mean of a system's nodes; reference energies of its atoms.
template <class T>
void Network<T>::read_out(const int* number, std::span<const int> first_atom) {
  const int n = static_cast<int>(first_atom.size()) - 1, d = weights_.channels;
  grow(means_, static_cast<std::size_t>(n) * d);
  prediction_.interaction.resize(n);
  prediction_.reference.assign(n, 0);
  for (int s = 0; s < n; ++s) {
    const int size = first_atom[s + 1] - first_atom[s];
    for (int c = 0; c < d; ++c) {
      double sum = 0;
      for (int i = first_atom[s]; i < first_atom[s + 1]; ++i)
        sum += tape_.h[static_cast<std::size_t>(i) * d + c];
      means_[static_cast<std::size_t>(s) * d + c] = static_cast<T>(sum / size);
    }
    for (int i = first_atom[s]; i < first_atom[s + 1]; ++i)
      prediction_.reference[s] += weights_.reference[number[i]];
  }
  Scratch<T>& scratch = scratch_.local();
  scratch.resize(weights_);
  const auto apply = [&](const Head<T>& head) {
    outputs_.resize(static_cast<std::size_t>(n) * head.outputs);
    apply_head(weights_, head, n, means_.data(), scratch, outputs_.data());
  };
  apply(weights_.energy);
  for (int s = 0; s < n; ++s)
    prediction_.interaction[s] = (first_atom[s + 1] - first_atom[s]) * outputs_[s];
  if (weights_.stress.outputs == 0) return;
  apply(weights_.stress);
  prediction_.stress.resize(n);
  for (int s = 0; s < n; ++s)
    std::copy_n(outputs_.begin() + 6 * s, 6, prediction_.stress[s].begin());
}

template struct Tape<float>;
template struct Tape<double>;
template struct Scratch<float>;
template struct Scratch<double>;
template class Network<float>;
template class Network<double>;

}  // namespace md::orb
