#include "md/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "potentials/painn/kernel.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which includes this file once for each processor kind.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "potentials/painn/kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace md::painn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "potentials/painn/kernel-inl.hpp"

void run_float(Stage stage, int layer, const KernelWeights<float>& weights, Graph<float>& graph,
               Tape<float>& tape, Scratch<float>& scratch, int begin, int end) {
  run<float>(stage, layer, weights, graph, tape, scratch, begin, end);
}

void run_double(Stage stage, int layer, const KernelWeights<double>& weights, Graph<double>& graph,
                Tape<double>& tape, Scratch<double>& scratch, int begin, int end) {
  run<double>(stage, layer, weights, graph, tape, scratch, begin, end);
}

}  // namespace md::painn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace md::painn {

HWY_EXPORT(run_float);
HWY_EXPORT(run_double);

void run_stage(Stage stage, int layer, const KernelWeights<float>& weights, Graph<float>& graph,
               Tape<float>& tape, Scratch<float>& scratch, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(run_float)(stage, layer, weights, graph, tape, scratch, begin, end);
}

void run_stage(Stage stage, int layer, const KernelWeights<double>& weights, Graph<double>& graph,
               Tape<double>& tape, Scratch<double>& scratch, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(run_double)(stage, layer, weights, graph, tape, scratch, begin, end);
}

template <class T>
void Tape<T>::resize(const KernelWeights<T>& weights, const Graph<T>& graph) {
  const std::size_t n = graph.n_atoms, f = weights.channels;
  // Grows only: what is there of a larger replica stays allocated.
  const auto grow = [](auto& array, std::size_t size) {
    if (array.size() < size) array.resize(size);
  };
  layers.resize(weights.layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    Layer& t = layers[l];
    grow(t.phi, n * 3 * f);
    if (l > 0) grow(t.v, n * 3 * f);
    grow(t.vu, n * 6 * f);
    for (Aligned<T>* array : {&t.context_slope, &t.norm, &t.dot, &t.mixing_slope, &t.a_sv, &t.a_vv})
      grow(*array, n * f);
  }
  grow(s, n * f);
  for (int k = 0; k < 2; ++k) {
    grow(gs[k], n * f);
    grow(gv[k], n * 3 * f);
  }
  grow(energy, n);
  grow(along, graph.n_edges());
  grow(across, std::size_t{3} * graph.n_edges());
}

template struct Tape<float>;
template struct Tape<double>;

}  // namespace md::painn
#endif
