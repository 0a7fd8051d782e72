#pragma once

// Kernels for both devices from one functor. Include from .cu files only: nvcc compiles the device
// path and the host path, a plain C++ compiler the host path.

#include "md/device/host_parallel.hpp"
#include "md/vec3.hpp"

#ifdef __CUDACC__
#include "md/device/cuda.cuh"
#endif

namespace md {

#ifdef __CUDACC__
template <class F>
__global__ void for_each_index_kernel(int n, F f, const int* gate) {
  if (gate && *gate) return;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) f(i);
}
#endif

/// f(i) for i in [0, n). `weight`: about how many ns one index takes on a CPU core; threads are
/// used only where n * weight is worth waking them.
template <class F>
void for_each_index(Stream& stream, int n, F f, int weight = 2) {
  if (n == 0) return;
#ifdef __CUDACC__
  if (stream.device().is_cuda()) {
    const auto handle = static_cast<cudaStream_t>(stream.handle());
    for_each_index_kernel<<<(n + 127) / 128, 128, 0, handle>>>(n, f, stream.gate());
    return check_launch("for_each_index");
  }
#endif
  for_each_index_on_host(stream, n, f, weight);
}

#ifdef __CUDACC__
template <class T, class F>
__global__ void sum_segments_kernel(const int* first, F term, T* out, const int* gate) {
  if (gate && *gate) return;
  __shared__ T partial[128];
  T sum{};
  for (int i = first[blockIdx.x] + threadIdx.x; i < first[blockIdx.x + 1]; i += 128) sum += term(i);
  partial[threadIdx.x] = sum;
  for (int half = 64; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) partial[threadIdx.x] += partial[threadIdx.x + half];
  }
  if (threadIdx.x == 0) out[blockIdx.x] = partial[0];
}
#endif

template <class T, class F>
struct SumSegment {
  const int* first;
  F term;
  T* out;
  MD_HD void operator()(int r) const {
    // Four interleaved partial sums: a fixed order that does not wait for every addition.
    T sum[4]{};
    int i = first[r];
    for (; i + 4 <= first[r + 1]; i += 4)
      for (int lane = 0; lane < 4; ++lane) sum[lane] += term(i + lane);
    for (int lane = 0; i < first[r + 1]; ++i, ++lane) sum[lane] += term(i);
    sum[0] += sum[1];
    sum[2] += sum[3];
    out[r] = sum[0] += sum[2];
  }
};

/// out[r] = sum of term(i) over i in [first[r], first[r + 1]), r in [0, n). The order of the
/// additions depends on the segment's length alone, never on the batch or the number of threads.
/// T needs T{} == 0 and +=; it must fit 128 times into shared memory.
template <class T, class F>
void sum_segments(Stream& stream, int n, const int* first, F term, T* out, int weight = 50) {
  if (n == 0) return;
#ifdef __CUDACC__
  if (stream.device().is_cuda()) {
    const auto handle = static_cast<cudaStream_t>(stream.handle());
    sum_segments_kernel<T><<<n, 128, 0, handle>>>(first, term, out, stream.gate());
    return check_launch("sum_segments");
  }
#endif
  for_each_index(stream, n, SumSegment<T, F>{first, term, out}, weight);
}

}  // namespace md
