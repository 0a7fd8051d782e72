#pragma once

#include <cooperative_groups.h>

#include "md/device/lanes.cuh"
#include "md/device/parallel.cuh"
#include "potentials/painn/gpu/program.cuh"
#include "potentials/painn/gpu/tensor_tile.cuh"

// For nvcc only: the two ways to run the program of program.cuh on a GPU. What each lane, sum and
// product does is what host_team.cuh does, which the tests run.

namespace md::painn {

template <class Shape, class T, Operand operand>
__global__ void __launch_bounds__(Shape::threads)
    product_kernel(Product<T> product, const int* gate) {
  if (gate && *gate) return;
  MD_SHARED(memory, typename BlockTile<Shape, T, operand>::Memory);
  BlockTile<Shape, T, operand>::multiply(product, tile_corner<Shape>(product, blockIdx.x), memory);
}

/// A kernel for each step, all replicas together.
template <class T, Operand operand>
struct GridTeam {
  Stream& stream;

  template <class F>
  void for_each(int n, const F& f) {
    for_each_index(stream, n, f);
  }
  template <class F>
  void for_each_group(int n, const F& f) {
    md::for_each_group(stream, n, f);
  }
  void multiply(const Product<T>& p) {
    if (p.rows == 0) return;
    using Shape = GridShape<T>;
    launch(stream, "product", product_kernel<Shape, T, operand>,
           {n_tiles<Shape>(p), Shape::threads}, p, stream.gate());
  }
};

/// All steps inside one kernel, by one thread block or, from compute capability 9.0 on, by a
/// cluster of them: one replica.
template <class T, Operand operand>
struct BlockTeam {
  using Shape = BlockShape<T>;
  using Tile = BlockTile<Shape, T, operand>;
  typename Tile::Memory& memory;
  int rank, blocks;  // of the cluster

  template <class F>
  __device__ void for_each(int n, const F& f) {
    for (int i = rank * Shape::threads + threadIdx.x; i < n; i += blocks * Shape::threads) f(i);
    wait();
  }
  template <class F>
  __device__ void for_each_group(int n, const F& f) {
    constexpr int warps = Shape::threads / 32;
    const WarpLanes lanes{static_cast<int>(threadIdx.x % 32)};
    for (int i = rank * warps + threadIdx.x / 32; i < n; i += blocks * warps) f(i, lanes);
    wait();
  }
  __device__ void multiply(const Product<T>& p) {
    for (int t = rank; t < n_tiles<Shape>(p); t += blocks)
      Tile::multiply(p, tile_corner<Shape>(p, t), memory);
    wait();
  }
  /// What any thread of the team wrote, all see afterwards.
  __device__ void wait() {
#if __CUDA_ARCH__ >= 900
    if (blocks > 1) return cooperative_groups::this_cluster().sync();
#endif
    __syncthreads();
  }
};

/// Replica blockIdx.x / blocks by `blocks` thread blocks.
template <class T, Operand operand>
__global__ void __launch_bounds__(BlockTeam<T, operand>::Shape::threads, 1)
    replica_kernel(ProgramView<T> v, const int* first_atom, int blocks, const int* gate) {
  if (gate && *gate) return;
  MD_SHARED(memory, typename BlockTeam<T, operand>::Tile::Memory);
  const int r = blockIdx.x / blocks;
  BlockTeam<T, operand> team{memory, static_cast<int>(blockIdx.x % blocks), blocks};
  evaluate(team, v, range_of(v, first_atom[r], first_atom[r + 1]));
}

}  // namespace md::painn
