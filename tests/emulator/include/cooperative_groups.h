#pragma once

#include <cuda_runtime.h>

namespace cooperative_groups {

class thread_block {
 public:
  static void sync() { __syncthreads(); }
  static unsigned thread_rank() { return emulator::thread_rank(); }
  static unsigned num_threads() { return blockDim.x * blockDim.y * blockDim.z; }
  static unsigned size() { return num_threads(); }
  static dim3 group_index() { return {blockIdx.x, blockIdx.y, blockIdx.z}; }
  static dim3 thread_index() { return {threadIdx.x, threadIdx.y, threadIdx.z}; }
};
inline thread_block this_thread_block() { return {}; }

/// `n` neighboring lanes of a warp.
template <unsigned n, class Parent = thread_block>
class thread_block_tile {
  static_assert(n > 0 && n <= 32 && (n & (n - 1)) == 0);

 public:
  static void sync() { __syncwarp(mask()); }
  static unsigned thread_rank() { return emulator::lane() % n; }
  static constexpr unsigned num_threads() { return n; }
  static constexpr unsigned size() { return n; }
  static unsigned meta_group_rank() { return emulator::thread_rank() / n; }
  static unsigned meta_group_size() { return thread_block::num_threads() / n; }
  template <class T>
  static T shfl(T x, int from) {
    return __shfl_sync(mask(), x, from, n);
  }
  template <class T>
  static T shfl_xor(T x, int other) {
    return __shfl_xor_sync(mask(), x, other, n);
  }
  template <class T>
  static T shfl_up(T x, unsigned distance) {
    return __shfl_up_sync(mask(), x, distance, n);
  }
  template <class T>
  static T shfl_down(T x, unsigned distance) {
    return __shfl_down_sync(mask(), x, distance, n);
  }
  static bool any(int vote) { return __any_sync(mask(), vote); }
  static bool all(int vote) { return __all_sync(mask(), vote); }
  static unsigned ballot(int vote) { return __ballot_sync(mask(), vote) >> first(); }

 private:
  static unsigned first() { return emulator::lane() / n * n; }
  static unsigned mask() { return (0xffffffffu >> (32 - n)) << first(); }
};
template <unsigned n, class Parent>
thread_block_tile<n, Parent> tiled_partition(const Parent&) {
  return {};
}

class cluster_group {
 public:
  using arrival_token = unsigned;
  static void sync() { emulator::cluster_wait(emulator::cluster_arrive()); }
  static arrival_token barrier_arrive() { return emulator::cluster_arrive(); }
  static void barrier_wait(arrival_token token) { emulator::cluster_wait(token); }
  static unsigned block_rank() { return emulator::in_cluster().rank; }
  static unsigned num_blocks() { return emulator::in_cluster().blocks; }
  static dim3 dim_blocks() { return {num_blocks(), 1, 1}; }
  static dim3 block_index() { return {block_rank(), 0, 0}; }
  static unsigned thread_rank() {
    return block_rank() * thread_block::num_threads() + thread_block::thread_rank();
  }
  static unsigned num_threads() { return num_blocks() * thread_block::num_threads(); }
  static unsigned size() { return num_threads(); }
  template <class T>
  static T* map_shared_rank(T* pointer, int rank) {
    return static_cast<T*>(
        emulator::in_block(const_cast<void*>(static_cast<const void*>(pointer)), rank));
  }
};
inline cluster_group this_cluster() { return {}; }

template <class Group>
void sync(const Group& group) {
  group.sync();
}

}  // namespace cooperative_groups
