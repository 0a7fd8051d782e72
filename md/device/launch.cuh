#pragma once

// What a kernel's launch and its shared memory look like: here, and nowhere else. For .cu files
// and where nvcc compiles them.

#include <type_traits>

#include "md/device/cuda.cuh"
#include "md/device/stream.hpp"

// A variable of all threads of a block: MD_SHARED(sums, int[256]); whatever cuda_runtime.h is used
// may have its own way.
#ifndef MD_SHARED
#define MD_SHARED(name, ...) __shared__ std::type_identity_t<__VA_ARGS__> name
#endif

namespace md {

/// How many threads run a kernel.
struct LaunchSize {
  int blocks, threads;
};

/// Queues kernel(arguments...) on the stream of a GPU. `name` is for errors.
template <class... P, class... A>
void launch(const Stream& stream, const char* name, void (*kernel)(P...), const LaunchSize& size,
            const A&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(size.blocks);
  config.blockDim = dim3(size.threads);
  config.stream = static_cast<cudaStream_t>(stream.handle());
  check(cudaLaunchKernelEx(&config, kernel, arguments...), name);
}

}  // namespace md
