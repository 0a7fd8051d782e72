#include "md/device/stream.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "md/device/crew.hpp"
#include "md/device/event.hpp"
#ifdef MD_CUDA
#include "md/device/cuda.cuh"
#endif

namespace md {
namespace {

void run_range(void (*body)(void*, int, int), void* context, const tbb::blocked_range<int>& range) {
  body(context, range.begin(), range.end());
}

}  // namespace

struct Stream::Threads {
  tbb::task_arena arena;
  Crew crew;
  explicit Threads(int n) : arena(n), crew(arena, n) {}
};

Stream::Stream(Device device, int threads)
    : device_(device), threads_(threads), arena_(std::make_unique<Threads>(threads)) {
#ifdef MD_CUDA
  if (device.is_cuda()) {
    cudaStream_t stream = nullptr;
    check(cudaSetDevice(device.index), "cudaSetDevice");
    // Blocking with respect to the default stream, on which synchronous copies run.
    check(cudaStreamCreate(&stream), "cudaStreamCreate");
    handle_.reset(stream);
  }
#endif
}

Stream::~Stream() = default;

void Stream::Destroy::operator()([[maybe_unused]] void* stream) const {
#ifdef MD_CUDA
  cudaStreamDestroy(static_cast<cudaStream_t>(stream));
#endif
}

void Stream::synchronize() {
#ifdef MD_CUDA
  if (handle_)
    check(cudaStreamSynchronize(static_cast<cudaStream_t>(handle())), "cudaStreamSynchronize");
#endif
}

void Stream::run_on_host(int n, int grain, void (*body)(void*, int, int), void* context) {
  arena_->crew.dismiss();
  Event fork, join;
  fork.happens();
  arena_->arena.execute([&] {
    tbb::parallel_for(tbb::blocked_range<int>(0, n, grain),
                      ordered_task(fork, join, run_range, body, context),
                      tbb::simple_partitioner());
  });
  join.seen();
}

void Stream::run_stages(int n_stages, int n_blocks, void (*body)(void*, int, int), void* context) {
  arena_->crew.run(n_stages, n_blocks, body, context);
}

}  // namespace md
