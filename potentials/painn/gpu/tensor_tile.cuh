#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "potentials/painn/gpu/operand.hpp"
#include "potentials/painn/gpu/product_tile.cuh"

// For nvcc only: a tile of a matrix product by one thread block, also on tensor cores.

namespace md::painn {

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
  __device__ float operator()(float x) const { return round_operand<Operand::tf32>(x); }
};
template <>
struct TileElement<float, Operand::bf16> {
  using Stored = __nv_bfloat16;
  using Fragment = __nv_bfloat16;
  static constexpr int depth = 16;
  __device__ Stored operator()(float x) const { return __float2bfloat16_rn(x); }
};
template <>
struct TileElement<float, Operand::fp16> {
  using Stored = __half;
  using Fragment = __half;
  static constexpr int depth = 16;
  __device__ Stored operator()(float x) const { return __float2half_rn(x); }
};

/// The threads of this block.
template <class Sums>
struct BlockThreads {
  Sums sums;
  template <class F>
  __device__ void each(const F& f) {
    f(static_cast<int>(threadIdx.x), sums);
    __syncthreads();
  }
};

template <class Shape, class T, Operand operand>
struct BlockTile {
  using Element = TileElement<T, operand>;
  using Tile = ProductTile<Shape, T, typename Element::Stored>;
  /// Tensor cores leave their result where the operands were.
  union Memory {
    typename Tile::Memory operands;
    T c[operand == Operand::full ? 1 : Shape::rows][Shape::columns + 4];
    __device__ Memory() {}
  };

  /// All threads of the block take part; `memory` is free again afterwards.
  static __device__ void multiply(const Product<T>& p, const TileCorner& corner, Memory& memory) {
    if constexpr (operand == Operand::full) {
      BlockThreads<typename Tile::Sums> threads;
      multiply_tile<Tile>(p, corner, memory.operands, threads);
    } else {
      by_tensor_cores(p, corner, memory);
    }
  }

 private:
  static __device__ void by_tensor_cores(const Product<T>& p, const TileCorner& corner,
                                         Memory& memory) {
#if __CUDA_ARCH__ < 800
    if constexpr (operand != Operand::fp16) {
      __trap();  // the host refuses it before
      return;
    } else
#endif
    {
      using Fragment = typename Element::Fragment;
      namespace wmma = nvcuda::wmma;
      constexpr int across = Shape::columns / 16, n = Shape::rows / 16 * across;
      constexpr int warps = Shape::threads / 32, each = (n + warps - 1) / warps;
      const int thread = threadIdx.x, first = thread / 32 * each;
      wmma::fragment<wmma::accumulator, 16, 16, Element::depth, float> sum[each];
      for (int x = 0; x < each; ++x) wmma::fill_fragment(sum[x], 0.0f);
      for (int k0 = 0; k0 < p.b.depth; k0 += Shape::depth) {
        Tile::load(p, corner, k0, thread, memory.operands, Element{});
        __syncthreads();
        const int depth = min(Shape::depth, p.b.depth - k0);
        for (int k = 0; k < depth; k += Element::depth)
#pragma unroll
          for (int x = 0; x < each; ++x) {
            if (first + x >= n) continue;
            const int row = (first + x) / across * 16, column = (first + x) % across * 16;
            wmma::fragment<wmma::matrix_a, 16, 16, Element::depth, Fragment, wmma::col_major> a;
            wmma::fragment<wmma::matrix_b, 16, 16, Element::depth, Fragment, wmma::row_major> b;
            wmma::load_matrix_sync(a, &memory.operands.a[k][row], Shape::rows + Tile::padding);
            wmma::load_matrix_sync(b, &memory.operands.b[k][column],
                                   Shape::columns + Tile::padding);
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
      for (int t = thread; t < Shape::rows * Shape::columns; t += Shape::threads) {
        const int row = t / Shape::columns, column = t % Shape::columns;
        if (corner.row + row < p.rows && corner.column + column < p.b.columns)
          p.store(corner.row + row, corner.column + column, memory.c[row][column]);
      }
      __syncthreads();
    }
  }
};

}  // namespace md::painn
