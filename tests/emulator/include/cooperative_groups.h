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
