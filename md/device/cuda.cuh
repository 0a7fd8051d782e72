#pragma once

// The CUDA runtime with its errors as exceptions. For .cpp and .cu files, where MD_CUDA is defined.

#include <cuda_runtime.h>

#include <string>

#include "md/errors.hpp"

namespace md {

/// Throws DeviceError "cudaMemcpy failed: invalid argument" unless `call` succeeded. The error does
/// not stay behind for the next check_launch() to find.
inline void check(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  throw DeviceError(std::string(call) + " failed: " + cudaGetErrorString(error));
}

/// The same for the kernel launched last.
inline void check_launch(const char* kernel) { check(cudaGetLastError(), kernel); }

}  // namespace md
