#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

/// Runs CUDA kernels on one thread of the CPU: each CUDA thread is a fiber, which runs until it
/// waits for others. The headers in include/ give kernels and host code the names of CUDA on top of
/// what stands here. A kernel that breaks a rule ends the program with a message.
namespace emulator {

struct Size3 {
  unsigned x = 1, y = 1, z = 1;
};
inline std::size_t volume(const Size3& s) { return std::size_t{1} * s.x * s.y * s.z; }

/// How a kernel is launched. `cluster`: thread blocks per cluster, along x.
struct Launch {
  Size3 grid, block;
  unsigned cluster = 1;
  std::size_t dynamic_shared = 0;
  const void* kernel = nullptr;
};

/// What a multiprocessor and a kernel may have: those of an H100.
constexpr std::size_t max_threads = 1024, static_shared = 48 << 10, max_shared = 227 << 10;
constexpr int portable_cluster = 8, max_cluster = 16, processors = 132, capability = 90;

/// Runs the whole grid: `body` once as each of its threads.
void run(const Launch& launch, const std::function<void()>& body);
/// Ends the program, naming the running thread.
[[noreturn]] void fail(const std::string& what);

// What follows is called by the threads of a kernel.

/// Number within the block; lane within the warp.
int thread_rank();
inline int lane() { return thread_rank() % 32; }
/// The lanes of this warp that have not ended.
unsigned live_lanes();

/// Waits for all threads of the block; returns how many of them had `vote`.
int block_barrier(bool vote = false);

struct InCluster {
  int rank, blocks;
};
InCluster in_cluster();
/// The two halves of the cluster's barrier: the first returns what the second waits for.
unsigned cluster_arrive();
void cluster_wait(unsigned phase);

/// Waits for all lanes in `mask`, which must all call it with the same mask and the same
/// `complete`. The last to come calls complete(mask, arguments of all lanes) for all.
using Complete = void (*)(unsigned mask, void* const* arguments);
void collective(unsigned mask, void* argument, Complete complete);

/// The block's variable at this place of the code; 0xff in every byte when the block begins.
void* shared_variable(const void* place, std::size_t bytes, std::size_t alignment);
void* dynamic_shared();
/// Where `pointer`, into this block's shared memory, is in that of another block of the cluster.
void* in_block(void* pointer, int rank);

/// Asynchronous copies of this thread: nothing is copied before it is waited for.
void copy_later(void* to, const void* from, std::size_t bytes);
void commit_copies();
/// Until all but the newest `n` commits are done.
void wait_for_copies(std::size_t n);

/// c += a b, row by row: a is [m, k], b [k, n], c [m, n]. One rounding for each product and sum.
void multiply(int m, int n, int k, const float* a, const float* b, float* c);
void multiply(int m, int n, int k, const double* a, const double* b, double* c);

/// What ran since the program began.
struct Counts {
  std::int64_t kernels = 0, barriers = 0, cluster_barriers = 0, collectives = 0;
  std::int64_t graphs = 0, copies = 0, synchronisations = 0, allocations = 0;
};
Counts& counts();

/// Memory of T for the variable at `place`.
template <class T>
T& shared(const void* place) {
  return *static_cast<T*>(shared_variable(place, sizeof(T), alignof(T)));
}

}  // namespace emulator
