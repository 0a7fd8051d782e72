#include <algorithm>

#include "potentials/painn/cpu/kernel.hpp"
#include "potentials/support/arrays.hpp"

namespace md::painn {

template <class T, int parts>
void Gathered<T, parts>::resize(int n_atoms, int channels) {
  n = n_atoms;
  grow(data, n * channels * parts);
}

template <class T>
void Tape<T>::resize(const KernelWeights<T>& weights, int n_atoms, int n_edges) {
  const std::size_t n = n_atoms, f = weights.channels;
  layers.resize(weights.layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    Layer& t = layers[l];
    if (l > 0) {
      t.sent.resize(n_atoms, weights.channels);
      grow(t.context_slope, n * f);
    }
    grow(t.vu, n * 6 * f);
    for (Aligned<T>* array : {&t.norm, &t.dot, &t.mixing_slope, &t.a_sv, &t.a_vv})
      grow(*array, n * f);
  }
  grow(s, n * f);
  for (Gathered<T, 4>& one : g) one.resize(n_atoms, weights.channels);
  grow(energy, n);
  grow(edge, std::size_t{4} * n_edges);
}

template <class T>
void Tape<T>::clear_edges(const Graph<T>& graph, int begin, int end) {
  for (int i = begin; i < end; ++i) {
    const auto first = edge.begin() + std::ptrdiff_t{4} * graph.first[i];
    std::fill(first, first + std::ptrdiff_t{4} * graph.count[i], T{});
  }
}

template <class T>
void Scratch<T>::resize(const KernelWeights<T>& weights, int rows, int slots) {
  const std::size_t n = rows, f = weights.channels,
                    widest = std::max(weights.channels, weights.hidden);
  grow(a, n * widest);
  grow(b, n * 3 * widest);
  grow(c, n * 6 * f);
  grow(d, n * 4 * f);
  grow(filter, std::size_t{3} * panel * slots);
  grow(filter_slope, std::size_t{3} * panel * slots);
}

template struct Tape<float>;
template struct Tape<double>;
template struct Scratch<float>;
template struct Scratch<double>;

}  // namespace md::painn
