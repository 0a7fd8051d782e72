#include "md/device/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "potentials/orb/orb_kernel.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which includes this file once for each processor kind.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "potentials/orb/orb_kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace md::orb::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#include "potentials/support/product-inl.hpp"
//
#include "potentials/orb/orb_block-inl.hpp"
//
#include "potentials/orb/orb_stages-inl.hpp"

void run_float(int stage, const Weights<float>& w, const Graph& g, const int* number,
               Tape<float>& tape, Scratch<float>& s, const Range& range) {
  run<float>(stage, w, g, number, tape, s, range);
}
void run_double(int stage, const Weights<double>& w, const Graph& g, const int* number,
                Tape<double>& tape, Scratch<double>& s, const Range& range) {
  run<double>(stage, w, g, number, tape, s, range);
}
void block_float(const Weights<float>& w, const Block<float>& block, int rows, float* x,
                 Scratch<float>& s) {
  block_in_place<float>(w, block, rows, x, s);
}
void block_double(const Weights<double>& w, const Block<double>& block, int rows, double* x,
                  Scratch<double>& s) {
  block_in_place<double>(w, block, rows, x, s);
}
void head_float(const Weights<float>& w, const Head<float>& head, int rows, const float* x,
                Scratch<float>& s, double* y) {
  run_head<float>(w, head, rows, x, s, y);
}
void head_double(const Weights<double>& w, const Head<double>& head, int rows, const double* x,
                 Scratch<double>& s, double* y) {
  run_head<double>(w, head, rows, x, s, y);
}

}  // namespace md::orb::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace md::orb {

HWY_EXPORT(run_float);
HWY_EXPORT(run_double);
HWY_EXPORT(block_float);
HWY_EXPORT(block_double);
HWY_EXPORT(head_float);
HWY_EXPORT(head_double);

void run_stage(int stage, const Weights<float>& w, const Graph& g, const int* number,
               Tape<float>& tape, Scratch<float>& s, const Range& range) {
  HWY_DYNAMIC_DISPATCH(run_float)(stage, w, g, number, tape, s, range);
}
void run_stage(int stage, const Weights<double>& w, const Graph& g, const int* number,
               Tape<double>& tape, Scratch<double>& s, const Range& range) {
  HWY_DYNAMIC_DISPATCH(run_double)(stage, w, g, number, tape, s, range);
}
void apply_block(const Weights<float>& w, const Block<float>& block, int rows, float* x,
                 Scratch<float>& s) {
  HWY_DYNAMIC_DISPATCH(block_float)(w, block, rows, x, s);
}
void apply_block(const Weights<double>& w, const Block<double>& block, int rows, double* x,
                 Scratch<double>& s) {
  HWY_DYNAMIC_DISPATCH(block_double)(w, block, rows, x, s);
}
void apply_head(const Weights<float>& w, const Head<float>& head, int rows, const float* x,
                Scratch<float>& s, double* y) {
  HWY_DYNAMIC_DISPATCH(head_float)(w, head, rows, x, s, y);
}
void apply_head(const Weights<double>& w, const Head<double>& head, int rows, const double* x,
                Scratch<double>& s, double* y) {
  HWY_DYNAMIC_DISPATCH(head_double)(w, head, rows, x, s, y);
}

}  // namespace md::orb
#endif
