#pragma once

#include "potentials/painn/gpu/operand.hpp"
#include "potentials/painn/gpu/program.cuh"

namespace md::painn {

/// sum + a b with a rounded to `operand`; b is already. tf32x3: both in two parts of tf32, whose
/// smallest product is left out.
template <Operand operand, class T>
T add_product(T a, T b, T sum) {
  if constexpr (operand == Operand::full) {
    return multiply_add(a, b, sum);
  } else if constexpr (operand == Operand::tf32x3) {
    const T high_a = round_operand<Operand::tf32>(a), high_b = round_operand<Operand::tf32>(b);
    const T low_a = round_operand<Operand::tf32>(a - high_a);
    const T low_b = round_operand<Operand::tf32>(b - high_b);
    return multiply_add(high_a, high_b,
                        multiply_add(high_a, low_b, multiply_add(low_a, high_b, sum)));
  } else {
    return multiply_add(round_operand<operand>(a), b, sum);
  }
}

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
        const T a = p.a[static_cast<std::size_t>(row) * p.a_stride + k];
        const T* const b = p.b.data + static_cast<std::size_t>(k) * p.b.stride;
        for (int c = 0; c < p.b.columns; ++c) sum[c] = add_product<operand>(a, b[c], sum[c]);
      }
      for (int c = 0; c < p.b.columns; ++c) {
        T one[1]{sum[c]};
        p.store(row, c, one);
      }
    }
  }
};

}  // namespace md::painn
