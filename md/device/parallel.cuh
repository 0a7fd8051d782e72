#pragma once

// Kernels for both devices from one functor. Include from .cu files only: nvcc compiles the device
// path and the host path, a plain C++ compiler the host path.

#include "md/device/host_parallel.hpp"
#include "md/device/lanes.cuh"
#include "md/vec3.hpp"

#ifdef __CUDACC__
#include "md/device/launch.cuh"
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
  if (stream.device().is_cuda())
    return launch(stream, "for_each_index", for_each_index_kernel<F>, {(n + 127) / 128, 128}, n, f,
                  stream.gate());
#endif
  for_each_index_on_host(stream, n, f, weight);
}

#ifdef __CUDACC__
template <class F>
__global__ void for_each_group_kernel(int n, F f, const int* gate) {
  if (gate && *gate) return;
  const int group = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (group < n) f(group, WarpLanes{static_cast<int>(threadIdx.x % 32)});
}
#endif

template <class F>
struct OneGroup {
  F f;
  MD_HD void operator()(int i) const { f(i, HostLanes{}); }
};

/// f(i, lanes) for i in [0, n), 32 lanes for each i; see lanes.cuh.
template <class F>
void for_each_group(Stream& stream, int n, F f, int weight = 100) {
  if (n == 0) return;
#ifdef __CUDACC__
  if (stream.device().is_cuda())
    return launch(stream, "for_each_group", for_each_group_kernel<F>, {(n + 3) / 4, 128}, n, f,
                  stream.gate());
#endif
  for_each_index_on_host(stream, n, OneGroup<F>{f}, weight);
}

#ifdef __CUDACC__
/// The sum of a segment has 512 interleaved parts, which are added by halves. A block of fewer
/// threads does several parts with each, so the bits do not depend on the block's size.
template <int threads, class T, class F>
__global__ void __launch_bounds__(threads)
    sum_segments_kernel(const int* first, F term, T* out, const int* gate) {
  if (gate && *gate) return;
  constexpr int each = 512 / threads;
  MD_SHARED(partial, T[threads]);
  const int begin = first[blockIdx.x], end = first[blockIdx.x + 1], lane = threadIdx.x;
  T sum[each]{};
  MD_UNROLL for (int part = 0; part < each; ++part) for (int i = begin + part * threads + lane;
                                                         i < end; i += 512) sum[part] += term(i);
  MD_UNROLL for (int half = each / 2; half > 0; half /= 2)
      MD_UNROLL for (int part = 0; part < half; ++part) sum[part] += sum[part + half];
  partial[lane] = sum[0];
  for (int half = threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (lane < half) partial[lane] += partial[lane + half];
  }
  if (lane == 0) out[blockIdx.x] = partial[0];
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
/// T needs T{} == 0 and +=; it must fit 512 times into shared memory. `n_items`: first[n].
template <class T, class F>
void sum_segments(Stream& stream, int n, int n_items, const int* first, F term, T* out,
                  int weight = 50) {
  if (n == 0) return;
#ifdef __CUDACC__
  if (stream.device().is_cuda()) {
    const bool large = n_items / n > 512;  // the mean says enough
    const auto kernel = large ? sum_segments_kernel<512, T, F> : sum_segments_kernel<128, T, F>;
    return launch(stream, "sum_segments", kernel, {n, large ? 512 : 128}, first, term, out,
                  stream.gate());
  }
#endif
  (void)n_items;
  for_each_index(stream, n, SumSegment<T, F>{first, term, out}, weight);
}

}  // namespace md
