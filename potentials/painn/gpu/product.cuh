#pragma once

#include "potentials/painn/gpu/program_view.cuh"

namespace md::painn {

/// C = A B, and what happens to each element before it is stored: + bias; silu, its derivative to
/// `slope`; times `factor`; + `addend`. All four [rows, stride] like C, the bias [columns].
template <class T>
struct Product {
  int rows = 0;
  const T* a = nullptr;  // [rows, a_stride]
  int a_stride = 0;
  DeviceMatrix<T> b;
  T* c = nullptr;
  int stride = 0;
  T* slope = nullptr;
  const T* factor = nullptr;
  const T* addend = nullptr;

  /// V columns side by side.
  template <int V>
  MD_HD void store(int row, int column, T (&sum)[V]) const {
    const std::size_t at = static_cast<std::size_t>(row) * stride + column;
    T x[V];
    if (b.bias) {
      load(b.bias + column, x);
      MD_UNROLL for (int y = 0; y < V; ++y) sum[y] += x[y];
    }
    if (slope) {  // silu(x) = x / (1 + exp(-x))
      MD_UNROLL for (int y = 0; y < V; ++y) {
        const T sigma = 1 / (1 + std::exp(-sum[y]));
        x[y] = sigma * multiply_add(sum[y], 1 - sigma, T(1));
        sum[y] *= sigma;
      }
      painn::store(x, slope + at);
    }
    if (factor) {
      load(factor + at, x);
      MD_UNROLL for (int y = 0; y < V; ++y) sum[y] *= x[y];
    }
    if (addend) {
      load(addend + at, x);
      MD_UNROLL for (int y = 0; y < V; ++y) sum[y] += x[y];
    }
    painn::store(sum, c + at);
  }
};

/// The first `columns` columns, or the first `depth` rows, of a matrix.
template <class T>
MD_HD DeviceMatrix<T> first_columns(DeviceMatrix<T> matrix, int columns) {
  matrix.columns = columns;
  return matrix;
}
template <class T>
MD_HD DeviceMatrix<T> first_rows(DeviceMatrix<T> matrix, int depth) {
  matrix.depth = depth;
  return matrix;
}

}  // namespace md::painn
