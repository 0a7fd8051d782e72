#include "md/device/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "potentials/painn/cpu/kernel.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which includes this file once for each processor kind.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

#include "potentials/painn/cpu/kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace md::painn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "potentials/painn/cpu/kernel-inl.hpp"

void run_float(int stage, const KernelWeights<float>& weights, const Graph<float>& graph,
               Tape<float>& tape, Scratch<float>& scratch, int begin, int end) {
  run<float>(stage, weights, graph, tape, scratch, begin, end);
}

void run_double(int stage, const KernelWeights<double>& weights, const Graph<double>& graph,
                Tape<double>& tape, Scratch<double>& scratch, int begin, int end) {
  run<double>(stage, weights, graph, tape, scratch, begin, end);
}

void multiply_float(int rows, const float* a, const PackedMatrix<float>& b, float* c) {
  multiply<float>(rows, b.rows, b.columns, a, b.rows, b, Store<float>{c, b.columns});
}

}  // namespace md::painn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace md::painn {

HWY_EXPORT(run_float);
HWY_EXPORT(run_double);
HWY_EXPORT(multiply_float);

void run_stage(int stage, const KernelWeights<float>& weights, const Graph<float>& graph,
               Tape<float>& tape, Scratch<float>& scratch, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(run_float)(stage, weights, graph, tape, scratch, begin, end);
}

void run_stage(int stage, const KernelWeights<double>& weights, const Graph<double>& graph,
               Tape<double>& tape, Scratch<double>& scratch, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(run_double)(stage, weights, graph, tape, scratch, begin, end);
}

void multiply_matrices(int rows, const float* a, const PackedMatrix<float>& b, float* c) {
  HWY_DYNAMIC_DISPATCH(multiply_float)(rows, a, b, c);
}

}  // namespace md::painn
#endif
