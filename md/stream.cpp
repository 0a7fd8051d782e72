#include "md/stream.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <vector>

#include "md/errors.hpp"
#ifdef MD_CUDA
#include <cuda_runtime.h>
#endif

namespace md {

namespace {

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Blocks of work that threads take one by one, stage after stage.
class Stages {
 public:
  void begin(int n_stages, int n_blocks) {
    n_stages_ = n_stages;
    if (const std::size_t n = n_blocks; stage_of_.size() < n) stage_of_ = std::vector<Stage>(n);
    n_blocks_ = n_blocks;
    for (Stage& stage : stage_of_) stage.next.store(0, std::memory_order_relaxed);
    finished_.store(0, std::memory_order_relaxed);
  }

  /// What one thread does; it begins at `start`, since a block it had before is in its cache.
  void work(int start, void (*body)(void*, int, int), void* context) {
    for (int stage = 0; stage < n_stages_; ++stage) {
      const int target = (stage + 1) * n_blocks_;
      for (int k = 0; k < n_blocks_; ++k) {
        const int block = (start + k) % n_blocks_;
        int free = stage;
        if (stage_of_[block].next.load(std::memory_order_relaxed) != stage ||
            !stage_of_[block].next.compare_exchange_strong(free, stage + 1,
                                                           std::memory_order_acq_rel))
          continue;
        body(context, stage, block);
        if (finished_.fetch_add(1, std::memory_order_acq_rel) + 1 == target) finished_.notify_all();
      }
      wait_for(target);
    }
  }

 private:
  struct alignas(64) Stage {
    std::atomic<int> next{0};  // the stage in which the block is free
  };

  void wait_for(int target) {
    constexpr int spins = 4000;  // about 50 us
    for (int k = 0; k < spins; ++k) {
      if (finished_.load(std::memory_order_acquire) >= target) return;
      pause();
    }
    for (int n; (n = finished_.load(std::memory_order_acquire)) < target;) finished_.wait(n);
  }

  int n_stages_ = 0, n_blocks_ = 0;
  std::vector<Stage> stage_of_;
  alignas(64) std::atomic<int> finished_{0};  // blocks, over all stages
};

}  // namespace

struct Stream::Threads {
  tbb::task_arena arena;
  Stages stages;
  explicit Threads(int n) : arena(n) {}
};

Stream::Stream(Device device, int threads)
    : device_(device), threads_(threads), arena_(std::make_unique<Threads>(threads)) {
#ifdef MD_CUDA
  if (device.is_cuda()) {
    cudaStream_t stream = nullptr;
    // Blocking with respect to the default stream, on which synchronous copies run.
    if (cudaSetDevice(device.index) != cudaSuccess || cudaStreamCreate(&stream) != cudaSuccess)
      throw DeviceError(std::string("cudaStreamCreate failed: ") +
                        cudaGetErrorString(cudaGetLastError()));
    handle_ = stream;
  }
#endif
}

Stream::~Stream() {
#ifdef MD_CUDA
  if (handle_) cudaStreamDestroy(static_cast<cudaStream_t>(handle_));
#endif
}

void Stream::synchronize() {
#ifdef MD_CUDA
  if (!handle_) return;
  const cudaError_t error = cudaStreamSynchronize(static_cast<cudaStream_t>(handle_));
  if (error != cudaSuccess)
    throw DeviceError(std::string("cudaStreamSynchronize failed: ") + cudaGetErrorString(error));
#endif
}

void Stream::run_on_host(int n, int grain, void (*body)(void*, int, int), void* context) {
  arena_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int>(0, n, grain),
        [&](const tbb::blocked_range<int>& range) { body(context, range.begin(), range.end()); },
        tbb::simple_partitioner());
  });
}

void Stream::run_stages(int n_stages, int n_blocks, void (*body)(void*, int, int), void* context) {
  const int n = std::min(threads_, n_blocks);
  if (n <= 1) {
    for (int stage = 0; stage < n_stages; ++stage)
      for (int block = 0; block < n_blocks; ++block) body(context, stage, block);
    return;
  }
  Stages& stages = arena_->stages;
  stages.begin(n_stages, n_blocks);
  arena_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int>(0, n, 1),
        [&](const tbb::blocked_range<int>& range) {
          for (int k = range.begin(); k < range.end(); ++k)
            stages.work(static_cast<int>(static_cast<std::int64_t>(n_blocks) * k / n), body,
                        context);
        },
        tbb::simple_partitioner());
  });
}

}  // namespace md
