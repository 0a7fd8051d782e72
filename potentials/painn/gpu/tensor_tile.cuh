#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "potentials/painn/gpu/operand.hpp"
#include "potentials/painn/gpu/product_tile.cuh"

// For nvcc only: a tile of a matrix product by one thread block, also on tensor cores.

namespace md::painn {

namespace wmma = nvcuda::wmma;

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
using Tf32Fragment = wmma::precision::tf32;
#else
using Tf32Fragment = float;  // never used: the host refuses it before
#endif

/// The threads of this block.
template <class Sums>
struct BlockThreads {
  Sums sums;
  template <class F>
  __device__ void each(const F& f) {
    f(static_cast<int>(threadIdx.x), sums);
  }
  __device__ void commit() { __pipeline_commit(); }
  template <int pending>
  __device__ void wait() {
    __pipeline_wait_prior(pending);
    __syncthreads();
  }
};

/// How a warp shares the tile: fragments of 16 x 16, `down` x `across` of them to each warp, as
/// square as there are warps for it.
template <class Shape>
struct WarpTile {
  static constexpr int fragments = Shape::rows / 16 * (Shape::columns / 16);
  static constexpr int warps = Shape::threads / 32;
  static constexpr int down = fragments >= 4 * warps ? 2 : 1, across = down;
  static constexpr int warps_across = Shape::columns / 16 / across;
  static_assert(Shape::rows % (16 * down) == 0 && fragments <= warps * down * across);
  int row, column;
  bool idle;
  __device__ WarpTile()
      : row(static_cast<int>(threadIdx.x) / 32 / warps_across * down * 16),
        column(static_cast<int>(threadIdx.x) / 32 % warps_across * across * 16),
        idle(row >= Shape::rows) {}
};

/// Sums of a warp on tensor cores.
template <class Shape, int depth>
struct WarpSums {
  using Warp = WarpTile<Shape>;
  wmma::fragment<wmma::accumulator, 16, 16, depth, float> sum[Warp::down][Warp::across];

  __device__ WarpSums() {
    for (auto& row : sum)
      for (auto& one : row) wmma::fill_fragment(one, 0.0f);
  }
  /// To `c`, and from there where the product has them. All threads of the block take part.
  template <int stride, class T>
  __device__ void store(const Product<T>& p, const TileCorner& corner, float (*c)[stride]) {
    const Warp warp;
    if (!warp.idle)
      for (int x = 0; x < Warp::down; ++x)
        for (int y = 0; y < Warp::across; ++y)
          wmma::store_matrix_sync(&c[warp.row + 16 * x][warp.column + 16 * y], sum[x][y], stride,
                                  wmma::mem_row_major);
    __syncthreads();
    constexpr int across = Shape::columns / 4;
    for (int t = threadIdx.x; t < Shape::rows * across; t += Shape::threads) {
      const int row = t / across, column = t % across * 4;
      if (corner.row + row >= p.rows || corner.column + column >= p.b.columns) continue;
      float four[4];
      load(&c[row][column], four);
      p.store(corner.row + row, corner.column + column, four);
    }
    __syncthreads();
  }
};

/// Splits a fragment into numbers of tf32: x = high + low. `x` may be `high`.
template <class Fragment>
__device__ void split(const Fragment& x, Fragment& high, Fragment& low) {
  for (int k = 0; k < x.num_elements; ++k) {
    const float whole = x.x[k];
    high.x[k] = round_operand<Operand::tf32>(whole);
    low.x[k] = round_operand<Operand::tf32>(whole - high.x[k]);
  }
}

/// float, double: each thread sums up its part. tf32: tensor cores, from the same shared memory.
template <class Shape, class T, Operand operand>
struct BlockTile {
  using Tile = ProductTile<Shape, T>;
  static constexpr bool tensor = operand != Operand::full;
  /// Tensor cores leave their result where the operands were.
  union Memory {
    typename Tile::Memory operands;
    float c[tensor ? Shape::rows : 1][Shape::columns + 4];
    __device__ Memory() {}
  };

  /// All threads of the block take part; `memory` is free again afterwards.
  static __device__ void multiply(const Product<T>& p, const TileCorner& corner, Memory& memory) {
    if constexpr (tensor) {
      by_tensor_cores(p, corner, memory);
    } else {
      BlockThreads<typename Tile::Sums> threads;
      multiply_tile<Tile>(p, corner, memory.operands, threads);
    }
  }

 private:
  static __device__ void by_tensor_cores([[maybe_unused]] const Product<T>& p,
                                         [[maybe_unused]] const TileCorner& corner,
                                         [[maybe_unused]] Memory& memory) {
#if __CUDA_ARCH__ < 800
    __trap();  // the host refuses it before
#else
    using Warp = WarpTile<Shape>;
    const Warp warp;
    WarpSums<Shape, 8> sums;
    struct None {};
    BlockThreads<typename Tile::Sums> threads;
    sum_up_tile<Tile>(
        p, corner, memory.operands, threads,
        [&](const typename Tile::Stage& stage, int, typename Tile::Sums&) {
          if (warp.idle) return;
          MD_UNROLL for (int k = 0; k < Shape::depth; k += 8) {
            using A = wmma::fragment<wmma::matrix_a, 16, 16, 8, Tf32Fragment, wmma::row_major>;
            using B = wmma::fragment<wmma::matrix_b, 16, 16, 8, Tf32Fragment, wmma::row_major>;
            A a[Warp::down], low_a[Warp::down];
            B b[Warp::across], low_b[Warp::across];
            MD_UNROLL for (int x = 0; x < Warp::down; ++x) {
              wmma::load_matrix_sync(a[x], &stage.a[warp.row + 16 * x][k],
                                     sizeof(stage.a[0]) / sizeof(float));
              split(a[x], a[x], low_a[x]);
            }
            MD_UNROLL for (int y = 0; y < Warp::across; ++y) {
              wmma::load_matrix_sync(b[y], &stage.b[k][warp.column + 16 * y],
                                     sizeof(stage.b[0]) / sizeof(float));
              if constexpr (operand == Operand::tf32x3) split(b[y], b[y], low_b[y]);
            }
            MD_UNROLL for (int x = 0; x < Warp::down; ++x)
                MD_UNROLL for (int y = 0; y < Warp::across; ++y) {
              auto& sum = sums.sum[x][y];
              if constexpr (operand == Operand::tf32x3) {
                wmma::mma_sync(sum, low_a[x], b[y], sum);
                wmma::mma_sync(sum, a[x], low_b[y], sum);
              }
              wmma::mma_sync(sum, a[x], b[y], sum);
            }
          }
        });
    sums.store(p, corner, memory.c);
#endif
  }
};

template <Operand operand>
struct Half;
template <>
struct Half<Operand::bf16> {
  using Type = __nv_bfloat16;
  static __device__ Type of(float x) { return __float2bfloat16_rn(x); }
};
template <>
struct Half<Operand::fp16> {
  using Type = __half;
  static __device__ Type of(float x) { return __float2half_rn(x); }
};

/// Numbers of 16 bits: rounded on the way to shared memory, so each step goes through registers;
/// those of the next step are under way meanwhile.
template <class Shape, Operand operand>
struct HalfTile {
  using Element = typename Half<operand>::Type;
  static constexpr int step = 32, pieces_a = Shape::rows * step / 4 / Shape::threads,
                       pieces_b = step * Shape::columns / 4 / Shape::threads;
  struct alignas(128) Operands {
    Element a[Shape::rows][step + 8];
    Element b[step][Shape::columns + 8];
  };
  union Memory {
    Operands operands;
    float c[Shape::rows][Shape::columns + 4];
    __device__ Memory() {}
  };

  static __device__ void multiply([[maybe_unused]] const Product<float>& p,
                                  [[maybe_unused]] const TileCorner& corner,
                                  [[maybe_unused]] Memory& memory) {
#if __CUDA_ARCH__ < 800
    __trap();
#else
    using Warp = WarpTile<Shape>;
    const Warp warp;
    WarpSums<Shape, 16> sums;
    float a[pieces_a][4], b[pieces_b][4];
    fetch(p, corner, 0, a, b);
    for (int k0 = 0; k0 < p.b.depth; k0 += step) {
      put(a, b, memory.operands);
      __syncthreads();
      if (k0 + step < p.b.depth) fetch(p, corner, k0 + step, a, b);
      if (!warp.idle) {
        MD_UNROLL for (int k = 0; k < step; k += 16) {
          wmma::fragment<wmma::matrix_a, 16, 16, 16, Element, wmma::row_major> fa[Warp::down];
          wmma::fragment<wmma::matrix_b, 16, 16, 16, Element, wmma::row_major> fb[Warp::across];
          MD_UNROLL for (int x = 0; x < Warp::down; ++x)
              wmma::load_matrix_sync(fa[x], &memory.operands.a[warp.row + 16 * x][k], step + 8);
          MD_UNROLL for (int y = 0; y < Warp::across; ++y) wmma::load_matrix_sync(
              fb[y], &memory.operands.b[k][warp.column + 16 * y], Shape::columns + 8);
          MD_UNROLL for (int x = 0; x < Warp::down; ++x)
              MD_UNROLL for (int y = 0; y < Warp::across; ++y)
                  wmma::mma_sync(sums.sum[x][y], fa[x], fb[y], sums.sum[x][y]);
        }
      }
      __syncthreads();
    }
    sums.store(p, corner, memory.c);
#endif
  }

 private:
  static __device__ void fetch(const Product<float>& p, const TileCorner& corner, int k0,
                               float (&a)[pieces_a][4], float (&b)[pieces_b][4]) {
    MD_UNROLL for (int n = 0; n < pieces_a; ++n) {
      const int t = n * Shape::threads + threadIdx.x, row = t / (step / 4), k = t % (step / 4) * 4;
      load(p.a + std::size_t(min(corner.row + row, p.rows - 1)) * p.a_stride + k0 + k, a[n]);
    }
    MD_UNROLL for (int n = 0; n < pieces_b; ++n) {
      const int t = n * Shape::threads + threadIdx.x;
      const int k = t / (Shape::columns / 4), column = t % (Shape::columns / 4) * 4;
      load(p.b.data + std::size_t(k0 + k) * p.b.stride +
               min(corner.column + column, p.b.columns - 4),
           b[n]);
    }
  }
  static __device__ void put(const float (&a)[pieces_a][4], const float (&b)[pieces_b][4],
                             Operands& to) {
    MD_UNROLL for (int n = 0; n < pieces_a; ++n) {
      const int t = n * Shape::threads + threadIdx.x, row = t / (step / 4), k = t % (step / 4) * 4;
      MD_UNROLL for (int y = 0; y < 4; ++y) to.a[row][k + y] = Half<operand>::of(a[n][y]);
    }
    MD_UNROLL for (int n = 0; n < pieces_b; ++n) {
      const int t = n * Shape::threads + threadIdx.x;
      const int k = t / (Shape::columns / 4), column = t % (Shape::columns / 4) * 4;
      MD_UNROLL for (int y = 0; y < 4; ++y) to.b[k][column + y] = Half<operand>::of(b[n][y]);
    }
  }
};

template <class Shape>
struct BlockTile<Shape, float, Operand::bf16> : HalfTile<Shape, Operand::bf16> {};
template <class Shape>
struct BlockTile<Shape, float, Operand::fp16> : HalfTile<Shape, Operand::fp16> {};

}  // namespace md::painn
