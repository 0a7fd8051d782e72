#pragma once

#include "potentials/painn/gpu/operand.hpp"
#include "potentials/painn/gpu/program.cuh"

namespace md::painn {

/// The 32 lanes of a group, all in one thread of the host. A functor of a group keeps arrays of
/// `width` numbers for the lanes first() ... first() + width - 1, and what is summed over lanes is
/// summed by halves: lane k with k + 16, then with k + 8 and so on. On a GPU each lane is a thread
/// of a warp and has width 1.
struct HostLanes {
  static constexpr int width = 32;
  MD_HD static constexpr int first() { return 0; }

  template <class T>
  MD_HD static T sum(const T (&x)[32]) {
    T partial[32];
    for (int k = 0; k < 32; ++k) partial[k] = x[k];
    for (int half = 16; half > 0; half /= 2)
      for (int k = 0; k < half; ++k) partial[k] += partial[k + half];
    return partial[0];
  }
  /// to[k] = or += the sum of x[k].
  template <class T>
  MD_HD static void add(const T (&x)[4][32], T* to, bool accumulate) {
    for (int k = 0; k < 4; ++k) to[k] = accumulate ? to[k] + sum(x[k]) : sum(x[k]);
  }
};

/// Runs the program on one thread of the host: the reference for the teams of a GPU.
template <class T, Operand operand>
struct HostTeam {
  template <class F>
  void for_each(int n, const F& f) {
    for (int i = 0; i < n; ++i) f(i);
  }
  template <class F>
  void for_each_group(int n, const F& f) {
    for (int i = 0; i < n; ++i) f(i, HostLanes{});
  }
  void multiply(const Product<T>& p) {
    std::vector<T> sum(p.b.columns);
    for (int row = 0; row < p.rows; ++row) {
      std::fill(sum.begin(), sum.end(), T(0));
      for (int k = 0; k < p.b.depth; ++k) {
        T a = p.a[static_cast<std::size_t>(row) * p.a_stride + k];
        if constexpr (operand != Operand::full) a = round_operand<operand>(a);
        const T* const b = p.b.data + static_cast<std::size_t>(k) * p.b.stride;
        for (int c = 0; c < p.b.columns; ++c) sum[c] = multiply_add(a, b[c], sum[c]);
      }
      for (int c = 0; c < p.b.columns; ++c) p.store(row, c, sum[c]);
    }
  }
};

}  // namespace md::painn
