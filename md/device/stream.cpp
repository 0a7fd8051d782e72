#include "md/device/stream.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "md/device/crew.hpp"
#include "md/errors.hpp"
#ifdef MD_CUDA
#include <cuda_runtime.h>
#endif

namespace md {

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
  arena_->crew.dismiss();
  arena_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int>(0, n, grain),
        [&](const tbb::blocked_range<int>& range) { body(context, range.begin(), range.end()); },
        tbb::simple_partitioner());
  });
}

void Stream::run_stages(int n_stages, int n_blocks, void (*body)(void*, int, int), void* context) {
  arena_->crew.run(n_stages, n_blocks, body, context);
}

}  // namespace md
