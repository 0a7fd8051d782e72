#pragma once

// The functions of program_run.cuh; program_run_*.cu instantiate them.

#include "potentials/painn/gpu/host_team.cuh"
#include "potentials/painn/gpu/program_run.cuh"
#ifdef __CUDACC__
#include "potentials/painn/gpu/device_team.cuh"
#endif

namespace md::painn {

#ifdef __CUDACC__
inline int attribute(const Device& device, cudaDeviceAttr name) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, name, device.index), "cudaDeviceGetAttribute");
  return value;
}

/// One launch of `replicas` x `blocks` thread blocks, in clusters where there are several.
template <class T, Operand operand>
struct ReplicaLaunch {
  cudaLaunchAttribute cluster{};
  cudaLaunchConfig_t config{};

  ReplicaLaunch(int replicas, int blocks, cudaStream_t stream) {
    cluster.id = cudaLaunchAttributeClusterDimension;
    cluster.val.clusterDim.x = blocks;
    cluster.val.clusterDim.y = cluster.val.clusterDim.z = 1;
    config.gridDim = dim3(replicas * blocks);
    config.blockDim = dim3(BlockTeam<T, operand>::Shape::threads);
    config.stream = stream;
    config.attrs = &cluster;
    config.numAttrs = blocks > 1 ? 1 : 0;
  }
  ReplicaLaunch(const ReplicaLaunch&) = delete;
};
#endif

template <class T, Operand operand>
int compiled_capability(const Device& device) {
#ifdef __CUDACC__
  if (device.is_cuda()) {
    cudaFuncAttributes attributes{};
    const auto kernel = replica_kernel<T, operand>;
    check(cudaSetDevice(device.index), "cudaSetDevice");
    check(cudaFuncGetAttributes(&attributes, kernel), "cudaFuncGetAttributes");
    return attributes.ptxVersion;
  }
#endif
  (void)device;
  return 0;
}

template <class T, Operand operand>
int blocks_per_replica(const Device& device, int n_replicas, int largest, Schedule wanted) {
  constexpr int small = 32;  // atoms; more fill a device by themselves
  if (wanted == Schedule::batched || (wanted == Schedule::automatic && largest > small)) return 0;
#ifdef __CUDACC__
  if (device.is_cuda()) {
    const auto kernel = replica_kernel<T, operand>;
    const int processors = attribute(device, cudaDevAttrMultiProcessorCount);
    if (compiled_capability<T, operand>(device) >= 90) {  // has the barrier of clusters
      // More than 8 blocks in a cluster are not for every device: the query says.
      check(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
            "cudaFuncSetAttribute");
      // Fewer than four blocks for each take longer than all replicas together
      // (docs/performance.md).
      const int fewest = wanted == Schedule::by_replica ? 2 : 4;
      for (int blocks = 16; blocks >= fewest; blocks /= 2) {
        if (n_replicas * blocks > processors) continue;
        int clusters = 0;
        const ReplicaLaunch<T, operand> launch(n_replicas, blocks, nullptr);
        if (cudaOccupancyMaxActiveClusters(&clusters, kernel, &launch.config) == cudaSuccess &&
            clusters >= n_replicas)
          return blocks;
        cudaGetLastError();  // too large for this device: an answer, not an error
      }
    }
  }
#endif
  (void)device, (void)n_replicas;
  return wanted == Schedule::by_replica ? 1 : 0;
}

template <class T, Operand operand>
void run_program(Stream& stream, const ProgramView<T>& view, const ProgramSchedule& schedule) {
  const ProgramRange all{0, view.n_atoms, 0, view.edges.rows.capacity};
#ifdef __CUDACC__
  if (stream.device().is_cuda()) {
    if (schedule.blocks == 0) {
      GridTeam<T, operand> team{stream};
      return evaluate(team, view, all);
    }
    const ReplicaLaunch<T, operand> launch(schedule.n_replicas, schedule.blocks,
                                           static_cast<cudaStream_t>(stream.handle()));
    check(cudaLaunchKernelEx(&launch.config, replica_kernel<T, operand>, view, schedule.first_atom,
                             schedule.blocks, stream.gate()),
          "cudaLaunchKernelEx");
    return;
  }
#endif
  if (stream.gate() && *stream.gate()) return;
  HostTeam<T, operand> team;
  if (schedule.blocks == 0) return evaluate(team, view, all);
  for (int r = 0; r < schedule.n_replicas; ++r)
    evaluate(team, view, range_of(view, schedule.first_atom[r], schedule.first_atom[r + 1]));
}

}  // namespace md::painn
