#include <algorithm>

#include "potentials/painn/kernel.hpp"

namespace md::painn {
namespace {

void grow(auto& array, std::size_t size) {
  if (array.size() < size) array.resize(size);
}

std::size_t size(const auto&... arrays) { return (... + (arrays.size() * sizeof(arrays[0]))); }

}  // namespace

template <class T>
std::size_t Graph<T>::bytes() const {
  return size(first, count, neighbor, edge, distance, unit, interval, spline, basis, slope);
}

template <class T>
std::size_t Tape<T>::bytes() const {
  std::size_t sum = size(s, g[0].data, g[1].data, energy, edge);
  for (const Layer& t : layers)
    sum += size(t.sent.data, t.context_slope, t.vu, t.norm, t.dot, t.mixing_slope, t.a_sv, t.a_vv);
  return sum;
}

template <class T>
void Graph<T>::resize(const KernelWeights<T>& weights, int n_atoms, int n_edges) {
  const std::size_t n = n_atoms, e = n_edges;
  for (std::vector<int>* array : {&first, &count}) grow(*array, n);
  for (std::vector<int>* array : {&neighbor, &edge}) grow(*array, e);
  grow(distance, e);
  grow(unit, 4 * e);
  if (weights.tabulated()) {
    grow(interval, e);
    grow(spline, 8 * e);
  } else {
    grow(basis, e * (weights.n_radial + 1));
    grow(slope, e * (weights.n_radial + 1));
  }
}

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
void Scratch<T>::resize(const KernelWeights<T>& weights, int largest_count) {
  const std::size_t f = weights.channels, widest = std::max(weights.channels, weights.hidden);
  grow(a, block_rows * widest);
  grow(b, block_rows * 3 * widest);
  grow(c, block_rows * 6 * f);
  grow(d, block_rows * 4 * f);
  if (weights.tabulated()) return;
  grow(filter, std::size_t{3} * panel * largest_count);
  grow(filter_slope, std::size_t{3} * panel * largest_count);
}

template struct Graph<float>;
template struct Graph<double>;
template struct Tape<float>;
template struct Tape<double>;
template struct Scratch<float>;
template struct Scratch<double>;

}  // namespace md::painn
