#pragma once

#include <cooperative_groups.h>

#include "md/device/parallel.cuh"
#include "potentials/painn/gpu/program.cuh"
#include "potentials/painn/gpu/tensor_tile.cuh"

// For nvcc only: the two ways to run the program of program.cuh on a GPU. What each lane, sum and
// product does is what host_team.cuh does, which the tests run.

namespace md::painn {

/// One lane of a group is one thread of a warp; all 32 take part.
struct WarpLanes {
  static constexpr int width = 1;
  int lane;
  __device__ int first() const { return lane; }

  template <class T>
  static __device__ T exchange(T x, int mask) {
    return __shfl_xor_sync(0xffffffffu, x, mask);
  }
  template <class T>
  __device__ T sum(const T (&x)[1]) const {
    T total = x[0];
    for (int half = 16; half > 0; half /= 2) total += exchange(total, half);
    return total;
  }
  /// Four sums with six exchanges: by halves, where each half goes on with what the other does not.
  /// Then sum k stands in the lanes 8 k ... 8 k + 7.
  template <class T>
  __device__ void add(const T (&x)[4][1], T* to, bool accumulate) const {
    const bool high = lane & 16, odd = lane & 8;
    const T even_sum = (high ? x[2][0] : x[0][0]) + exchange(high ? x[0][0] : x[2][0], 16);
    const T odd_sum = (high ? x[3][0] : x[1][0]) + exchange(high ? x[1][0] : x[3][0], 16);
    T total = (odd ? odd_sum : even_sum) + exchange(odd ? even_sum : odd_sum, 8);
    for (int half = 4; half > 0; half /= 2) total += exchange(total, half);
    if ((lane & 7) == 0) to[lane >> 3] = accumulate ? to[lane >> 3] + total : total;
  }
};

template <class F>
__global__ void for_each_group_kernel(int n, F f, const int* gate) {
  if (gate && *gate) return;
  const int group = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (group < n) f(group, WarpLanes{static_cast<int>(threadIdx.x % 32)});
}

template <class Shape, class T, Operand operand>
__global__ void __launch_bounds__(Shape::threads)
    product_kernel(Product<T> product, const int* gate) {
  if (gate && *gate) return;
  __shared__ typename BlockTile<Shape, T, operand>::Memory memory;
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
    if (n == 0) return;
    for_each_group_kernel<<<(n + 3) / 4, 128, 0, handle()>>>(n, f, stream.gate());
    check_launch("for_each_group");
  }
  void multiply(const Product<T>& p) {
    if (p.rows == 0) return;
    product_kernel<GridShape, T, operand>
        <<<n_tiles<GridShape>(p), GridShape::threads, 0, handle()>>>(p, stream.gate());
    check_launch("product");
  }
  cudaStream_t handle() const { return static_cast<cudaStream_t>(stream.handle()); }
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
  __shared__ typename BlockTeam<T, operand>::Tile::Memory memory;
  const int r = blockIdx.x / blocks;
  BlockTeam<T, operand> team{memory, static_cast<int>(blockIdx.x % blocks), blocks};
  evaluate(team, v, range_of(v, first_atom[r], first_atom[r + 1]));
}

}  // namespace md::painn
