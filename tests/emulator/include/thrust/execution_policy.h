#pragma once

#include <cuda_runtime.h>

namespace thrust::cuda {

struct Policy {
  cudaStream_t stream;
};
struct Par {
  Policy on(cudaStream_t stream) const { return {stream}; }
};
inline constexpr Par par;

}  // namespace thrust::cuda
