/// What a GPU takes for nothing: graphs of empty kernels, barriers of clusters with and without a
/// store to global memory before each. One JSON object a line. The floor of step_speed's figures.
#include <cooperative_groups.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "md/device/cuda.cuh"

namespace md {
namespace {

__global__ void nothing() {}

/// `n` barriers of a cluster; with `store`, each thread writes before each, and reads what its
/// neighbor of the next block wrote after it.
__global__ void __launch_bounds__(256) barriers(int n, float* store) {
  const auto cluster = cooperative_groups::this_cluster();
  const int threads = gridDim.x * blockDim.x, i = blockIdx.x * blockDim.x + threadIdx.x;
  float x = static_cast<float>(i);
  for (int k = 0; k < n; ++k) {
    if (store) store[i] = x;
    cluster.sync();
    if (store) x += store[(i + blockDim.x) % threads];
    if (store) cluster.sync();
  }
  if (store) store[i] = x;
}

/// Least µs of `call`, over repetitions that wait for the device.
template <class F>
double least_us(cudaStream_t stream, int repetitions, const F& call) {
  double least = 1e30;
  for (int k = 0; k < 20; ++k) {
    const auto start = std::chrono::steady_clock::now();
    for (int j = 0; j < repetitions; ++j) call();
    check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    least = std::min(least, time.count() / repetitions);
  }
  return least;
}

void run() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreate(&stream), "cudaStreamCreate");
  for (const int nodes : {1, 10, 31, 79, 300}) {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
    for (int k = 0; k < nodes; ++k) nothing<<<1, 128, 0, stream>>>();
    check(cudaStreamEndCapture(stream, &graph), "capture");
    check(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
    const double time =
        least_us(stream, 100, [&] { check(cudaGraphLaunch(executable, stream), "launch"); });
    std::printf("{\"graph_nodes\": %d, \"us\": %.2f, \"us_per_node\": %.3f}\n", nodes, time,
                time / nodes);
    cudaGraphExecDestroy(executable);
    cudaGraphDestroy(graph);
  }
  float* store = nullptr;
  check(cudaMalloc(&store, 16 * 256 * sizeof(float)), "cudaMalloc");
  check(cudaFuncSetAttribute(barriers, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
        "cudaFuncSetAttribute");
  for (const int blocks : {1, 2, 4, 8, 16})
    for (float* const memory : {static_cast<float*>(nullptr), store}) {
      cudaLaunchAttribute cluster{};
      cluster.id = cudaLaunchAttributeClusterDimension;
      cluster.val.clusterDim.x = blocks;
      cluster.val.clusterDim.y = cluster.val.clusterDim.z = 1;
      cudaLaunchConfig_t config{};
      config.gridDim = dim3(blocks);
      config.blockDim = dim3(256);
      config.stream = stream;
      config.attrs = &cluster;
      config.numAttrs = 1;
      const auto time = [&](int n) {
        return least_us(stream, 10, [&] {
          check(cudaLaunchKernelEx(&config, barriers, n, memory), "cudaLaunchKernelEx");
        });
      };
      std::printf("{\"cluster\": %d, \"with_store\": %s, \"us_per_barrier\": %.3f}\n", blocks,
                  memory ? "true" : "false", (time(1100) - time(100)) / (memory ? 2000 : 1000));
    }
}

}  // namespace
}  // namespace md

int main() {
  try {
    md::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
