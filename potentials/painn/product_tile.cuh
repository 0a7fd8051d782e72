#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "potentials/painn/operand.hpp"
#include "potentials/painn/product.cuh"

// For nvcc only: a tile of a matrix product by one thread block.

namespace md::painn {

/// Tile of C, steps of depth, and the part of the tile that one thread sums up when it does so by
/// itself: thread_rows x thread_columns.
template <int rows_, int columns_, int depth_, int thread_rows_, int thread_columns_>
struct TileShape {
  static constexpr int rows = rows_, columns = columns_, depth = depth_;
  static constexpr int thread_rows = thread_rows_, thread_columns = thread_columns_;
  static constexpr int threads = rows * columns / (thread_rows * thread_columns);
};

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
using Tf32Fragment = nvcuda::wmma::precision::tf32;
#else
using Tf32Fragment = float;  // never used: the host refuses it before
#endif

/// How an operand lies in shared memory, and the fragments of tensor cores it takes.
template <class T, Operand operand>
struct TileElement {
  using Stored = T;
};
template <>
struct TileElement<float, Operand::tf32> {
  using Stored = float;
  using Fragment = Tf32Fragment;
  static constexpr int depth = 8;
};
template <>
struct TileElement<float, Operand::bf16> {
  using Stored = __nv_bfloat16;
  using Fragment = __nv_bfloat16;
  static constexpr int depth = 16;
};
template <>
struct TileElement<float, Operand::fp16> {
  using Stored = __half;
  using Fragment = __half;
  static constexpr int depth = 16;
};

/// Shared memory of a tile: A transposed, so that a thread's rows lie side by side, then B. Tensor
/// cores leave their result in the same place.
template <class Shape, class T, Operand operand>
struct ProductTile {
  using Stored = typename TileElement<T, operand>::Stored;
  static constexpr int padding = 16 / sizeof(Stored);
  union alignas(128) Memory {
    struct {
      alignas(128) Stored a[Shape::depth][Shape::rows + padding];
      alignas(128) Stored b[Shape::depth][Shape::columns + padding];
    };
    T c[operand == Operand::full ? 1 : Shape::rows][Shape::columns + 4];
    __device__ Memory() {}
  };

  /// Elements [row0, row0 + rows) x [column0, column0 + columns) of C, as far as there are any. All
  /// threads of the block take part; `memory` is free again afterwards. The sum of an element goes
  /// over k in order (on tensor cores by fixed groups of k) wherever its row stands.
  static __device__ void multiply(const Product<T>& p, int row0, int column0, Memory& memory) {
    if constexpr (operand == Operand::full)
      by_threads(p, row0, column0, memory);
    else
      by_tensor_cores(p, row0, column0, memory);
  }

 private:
  static __device__ Stored stored(T x) {
    if constexpr (operand == Operand::full)
      return x;
    else if constexpr (operand == Operand::bf16)
      return __float2bfloat16_rn(x);
    else if constexpr (operand == Operand::fp16)
      return __float2half_rn(x);
    else
      return round_operand<operand>(x);
  }

  static __device__ void load(const Product<T>& p, int row0, int column0, int k0, Memory& memory) {
#pragma unroll 8
    for (int t = threadIdx.x; t < Shape::rows * Shape::depth; t += Shape::threads) {
      const int k = t % Shape::depth, row = t / Shape::depth;
      const bool inside = row0 + row < p.rows && k0 + k < p.b.depth;
      memory.a[k][row] = stored(inside ? p.a[std::size_t(row0 + row) * p.a_stride + k0 + k] : T(0));
    }
#pragma unroll 8
    for (int t = threadIdx.x; t < Shape::columns * Shape::depth; t += Shape::threads) {
      const int column = t % Shape::columns, k = t / Shape::columns;
      const bool inside = column0 + column < p.b.columns && k0 + k < p.b.depth;
      memory.b[k][column] =
          stored(inside ? p.b.data[std::size_t(k0 + k) * p.b.stride + column0 + column] : T(0));
    }
    __syncthreads();
  }

  static __device__ void by_threads(const Product<T>& p, int row0, int column0, Memory& memory) {
    constexpr int groups = Shape::columns / Shape::thread_columns;
    const int row = threadIdx.x / groups * Shape::thread_rows;
    const int column = threadIdx.x % groups * Shape::thread_columns;
    T sum[Shape::thread_rows][Shape::thread_columns]{};
    for (int k0 = 0; k0 < p.b.depth; k0 += Shape::depth) {
      load(p, row0, column0, k0, memory);
      const int depth = min(Shape::depth, p.b.depth - k0);
#pragma unroll 8
      for (int k = 0; k < depth; ++k)
#pragma unroll
        for (int x = 0; x < Shape::thread_rows; ++x)
#pragma unroll
          for (int y = 0; y < Shape::thread_columns; ++y)
            sum[x][y] = fma(memory.a[k][row + x], memory.b[k][column + y], sum[x][y]);
      __syncthreads();
    }
#pragma unroll
    for (int x = 0; x < Shape::thread_rows; ++x)
#pragma unroll
      for (int y = 0; y < Shape::thread_columns; ++y)
        if (row0 + row + x < p.rows && column0 + column + y < p.b.columns)
          p.store(row0 + row + x, column0 + column + y, sum[x][y]);
  }

  static __device__ void by_tensor_cores(const Product<T>& p, int row0, int column0,
                                         Memory& memory) {
#if __CUDA_ARCH__ < 800
    if constexpr (operand != Operand::fp16) {
      __trap();  // the host refuses it before
      return;
    } else
#endif
    {
      using Element = TileElement<T, operand>;
      using Fragment = typename Element::Fragment;
      namespace wmma = nvcuda::wmma;
      constexpr int across = Shape::columns / 16, n = Shape::rows / 16 * across;
      constexpr int warps = Shape::threads / 32, each = (n + warps - 1) / warps;
      const int first = threadIdx.x / 32 * each;
      wmma::fragment<wmma::accumulator, 16, 16, Element::depth, float> sum[each];
      for (int x = 0; x < each; ++x) wmma::fill_fragment(sum[x], 0.0f);
      for (int k0 = 0; k0 < p.b.depth; k0 += Shape::depth) {
        load(p, row0, column0, k0, memory);
        const int depth = min(Shape::depth, p.b.depth - k0);
        for (int k = 0; k < depth; k += Element::depth)
#pragma unroll
          for (int x = 0; x < each; ++x) {
            if (first + x >= n) continue;
            const int row = (first + x) / across * 16, column = (first + x) % across * 16;
            wmma::fragment<wmma::matrix_a, 16, 16, Element::depth, Fragment, wmma::col_major> a;
            wmma::fragment<wmma::matrix_b, 16, 16, Element::depth, Fragment, wmma::row_major> b;
            wmma::load_matrix_sync(a, &memory.a[k][row], Shape::rows + padding);
            wmma::load_matrix_sync(b, &memory.b[k][column], Shape::columns + padding);
            wmma::mma_sync(sum[x], a, b, sum[x]);
          }
        __syncthreads();
      }
#pragma unroll
      for (int x = 0; x < each; ++x)
        if (first + x < n)
          wmma::store_matrix_sync(&memory.c[(first + x) / across * 16][(first + x) % across * 16],
                                  sum[x], Shape::columns + 4, wmma::mem_row_major);
      __syncthreads();
      for (int t = threadIdx.x; t < Shape::rows * Shape::columns; t += Shape::threads) {
        const int row = t / Shape::columns, column = t % Shape::columns;
        if (row0 + row < p.rows && column0 + column < p.b.columns)
          p.store(row0 + row, column0 + column, memory.c[row][column]);
      }
      __syncthreads();
    }
  }
};

}  // namespace md::painn
