#include <cuda_runtime.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// The CUDA runtime of one device. Streams are lazy: what is queued runs when somebody waits for it,
// so that a missing wait shows. EMULATOR_EAGER=1: it runs at once.

namespace {

using Work = std::function<void()>;
using Clock = std::chrono::steady_clock;

/// Around each piece of device memory; whoever writes there has gone beyond an end.
constexpr std::size_t margin = 256;
constexpr std::size_t memory_size = std::size_t{8} << 30;

struct Attributes {
  int dynamic_shared = emulator::static_shared;
  bool large_clusters = false;
};

std::recursive_mutex mutex;
cudaError_t last_error = cudaSuccess;
CUstream_st* capturing = nullptr;
std::vector<CUstream_st*> streams;
std::map<char*, std::size_t> memory;  // device memory, bytes
std::size_t used = 0;
std::map<const void*, Attributes> attributes_of;  // kernels

}  // namespace

struct CUgraph_st {
  std::vector<Work> nodes;
};
struct CUgraphExec_st {
  std::vector<Work> nodes;
};
struct CUstream_st {
  std::deque<Work> queue;
  bool invalid = false;  // its capture
  std::unique_ptr<CUgraph_st> graph;
};
struct CUevent_st {
  std::shared_ptr<bool> done = std::make_shared<bool>(true);
  CUstream_st* stream = nullptr;
  Clock::time_point when;
};

namespace {

bool eager() {
  static const char* const value = std::getenv("EMULATOR_EAGER");
  return value && *value == '1';
}

/// An empty list of visible devices hides this one too.
int device_count() {
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible && (*visible == 0 || *visible == '-') ? 0 : 1;
}

cudaError_t refuse(cudaError_t error, const char* why) {
  std::fprintf(stderr, "emulator: %s\n", why);
  return last_error = error;
}

cudaError_t refuse_in_capture(const char* what, cudaError_t error) {
  if (!capturing) return cudaSuccess;
  capturing->invalid = true;
  return refuse(error, (std::string(what) + " while a stream is captured").c_str());
}

/// Runs what is queued until `done`.
void flush(CUstream_st& stream, const bool* done = nullptr) {
  while (!stream.queue.empty() && !(done && *done)) {
    const Work work = std::move(stream.queue.front());
    stream.queue.pop_front();
    work();
  }
}

void flush_all() {
  for (CUstream_st* stream : streams) flush(*stream);
}

void check_margins(const char* begin, std::size_t bytes) {
  for (const char* p : {begin - margin, begin + bytes})
    for (std::size_t k = 0; k < margin; ++k)
      if (p[k] != static_cast<char>(0xff))
        emulator::fail("somebody has written " + std::to_string(k) + " bytes " +
                       (p < begin ? "into the margin before" : "beyond the end of") + " " +
                       std::to_string(bytes) + " bytes of device memory");
}

/// The cluster that a launch wants; 0: it cannot be had.
unsigned cluster_of(const cudaLaunchConfig_t& config, const void* kernel) {
  unsigned cluster = 1;
  for (unsigned k = 0; k < config.numAttrs; ++k)
    if (config.attrs[k].id == cudaLaunchAttributeClusterDimension) {
      const auto& size = config.attrs[k].val.clusterDim;
      if (size.y != 1 || size.z != 1) emulator::fail("the emulator has clusters along x only");
      cluster = size.x;
    }
  const int largest =
      attributes_of[kernel].large_clusters ? emulator::max_cluster : emulator::portable_cluster;
  static const char* const wish = std::getenv("EMULATOR_CLUSTER");
  const int possible = wish ? std::min(std::atoi(wish), largest) : largest;
  return static_cast<int>(cluster) > std::max(possible, 1) ? 0 : cluster;
}

}  // namespace

namespace emulator {

cudaError_t enqueue(cudaStream_t stream, Work work) {
  const std::lock_guard lock(mutex);
  if (stream && stream == capturing) {
    stream->graph->nodes.push_back(std::move(work));
    return cudaSuccess;
  }
  if (!stream) {  // the default stream waits for all others, and they for it
    if (const auto e = refuse_in_capture("the default stream", cudaErrorStreamCaptureImplicit))
      return e;
    flush_all();
    work();
    return cudaSuccess;
  }
  stream->queue.push_back(std::move(work));
  if (eager()) flush(*stream);
  return cudaSuccess;
}

cudaError_t launch_kernel(const cudaLaunchConfig_t& config, const void* kernel, Work body) {
  const std::lock_guard lock(mutex);
  const std::size_t threads = volume(config.blockDim);
  if (volume(config.gridDim) == 0 || threads == 0 || threads > max_threads ||
      config.gridDim.x > 2147483647u || config.gridDim.y > 65535 || config.gridDim.z > 65535 ||
      config.blockDim.z > 64)
    return refuse(cudaErrorInvalidConfiguration, "a grid or block that no device can have");
  const unsigned cluster = cluster_of(config, kernel);
  if (cluster == 0) return refuse(cudaErrorInvalidClusterSize, "a cluster that is too large");
  if (config.gridDim.x % cluster != 0)
    return refuse(cudaErrorInvalidConfiguration, "a grid of not whole clusters");
  if (config.dynamicSmemBytes > static_cast<std::size_t>(attributes_of[kernel].dynamic_shared))
    return refuse(cudaErrorInvalidValue,
                  "more dynamic shared memory than the attribute of the kernel allows");
  const Launch launch{config.gridDim, config.blockDim, cluster, config.dynamicSmemBytes, kernel};
  return enqueue(config.stream, [launch, body = std::move(body)] { run(launch, body); });
}

cudaError_t set_attribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  const std::lock_guard lock(mutex);
  Attributes& attributes = attributes_of[kernel];
  if (attribute == cudaFuncAttributeNonPortableClusterSizeAllowed)
    attributes.large_clusters = value != 0;
  if (attribute == cudaFuncAttributeMaxDynamicSharedMemorySize) {
    if (value < 0 || value > static_cast<int>(max_shared))
      return refuse(cudaErrorInvalidValue, "more than 227 KiB of shared memory");
    attributes.dynamic_shared = value;
  }
  return cudaSuccess;
}

cudaError_t get_attributes(cudaFuncAttributes* attributes, const void* kernel) {
  const std::lock_guard lock(mutex);
  *attributes = {};
  attributes->maxThreadsPerBlock = max_threads;
  attributes->numRegs = 64;
  attributes->ptxVersion = attributes->binaryVersion = capability;
  attributes->maxDynamicSharedSizeBytes = attributes_of[kernel].dynamic_shared;
  return cudaSuccess;
}

cudaError_t max_clusters(int* clusters, const void* kernel, const cudaLaunchConfig_t& config) {
  const std::lock_guard lock(mutex);
  const unsigned cluster = cluster_of(config, kernel);
  // One block for each of the 8 times 16 processors of which clusters are made.
  *clusters = cluster == 0 ? 0 : 128 / static_cast<int>(cluster);
  return cluster == 0 ? last_error = cudaErrorInvalidClusterSize : cudaSuccess;
}

cudaError_t max_blocks(int* blocks, const void*, int threads, std::size_t dynamic_shared) {
  *blocks = std::min(2048 / threads,
                     static_cast<int>(max_shared / std::max<std::size_t>(dynamic_shared, 1024)));
  return cudaSuccess;
}

}  // namespace emulator

using emulator::counts;

cudaError_t cudaGetDeviceCount(int* count) {
  *count = device_count();
  return *count > 0 ? cudaSuccess : last_error = cudaErrorNoDevice;
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  return device < device_count() ? cudaSuccess : last_error = cudaErrorInvalidDevice;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device >= device_count()) return last_error = cudaErrorInvalidDevice;
  *properties = {};
  std::strcpy(properties->name, "emulator");
  properties->totalGlobalMem = memory_size;
  properties->sharedMemPerBlock = emulator::static_shared;
  properties->sharedMemPerBlockOptin = emulator::max_shared;
  properties->major = emulator::capability / 10;
  properties->minor = emulator::capability % 10;
  properties->multiProcessorCount = emulator::processors;
  properties->maxThreadsPerBlock = emulator::max_threads;
  properties->warpSize = 32;
  properties->l2CacheSize = 50 << 20;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (device >= device_count()) return last_error = cudaErrorInvalidDevice;
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
      *value = emulator::max_threads;
      return cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
      *value = emulator::processors;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = emulator::capability / 10;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = emulator::capability % 10;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = emulator::max_shared;
      return cudaSuccess;
    case cudaDevAttrClusterLaunch:
      *value = 1;
      return cudaSuccess;
  }
  return last_error = cudaErrorInvalidValue;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_error; }

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated:
      return "operation failed due to a previous error during capture";
    case cudaErrorStreamCaptureImplicit:
      return "operation would make the legacy stream depend on a capturing blocking stream";
    case cudaErrorInvalidClusterSize:
      return "cluster misconfiguration";
    default:
      return "an error";
  }
}
const char* cudaGetErrorName(cudaError_t error) { return cudaGetErrorString(error); }

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const std::lock_guard lock(mutex);
  *total = memory_size;
  *free = memory_size - used;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** result, std::size_t bytes) {
  const std::lock_guard lock(mutex);
  ++counts().allocations;
  *result = nullptr;
  if (const auto e = refuse_in_capture("cudaMalloc", cudaErrorStreamCaptureUnsupported)) return e;
  if (bytes > memory_size - used) return last_error = cudaErrorMemoryAllocation;
  if (bytes == 0) return cudaSuccess;
  const std::size_t all = (bytes + 255) / 256 * 256 + 2 * margin;
  auto* const begin = static_cast<char*>(std::aligned_alloc(256, all));
  if (!begin) return last_error = cudaErrorMemoryAllocation;
  std::memset(begin, 0xff, all);
  memory[begin + margin] = bytes;
  used += bytes;
  *result = begin + margin;
  return cudaSuccess;
}

cudaError_t cudaFree(void* pointer) {
  const std::lock_guard lock(mutex);
  if (!pointer) return cudaSuccess;
  if (const auto e = refuse_in_capture("cudaFree", cudaErrorStreamCaptureUnsupported)) return e;
  flush_all();
  const auto found = memory.find(static_cast<char*>(pointer));
  if (found == memory.end())
    return refuse(cudaErrorInvalidValue, "cudaFree of what cudaMalloc did not give");
  check_margins(found->first, found->second);
  std::memset(pointer, 0xff, found->second);
  used -= found->second;
  std::free(found->first - margin);
  memory.erase(found);
  return cudaSuccess;
}

cudaError_t cudaHostAlloc(void** result, std::size_t bytes, unsigned) {
  const std::lock_guard lock(mutex);
  if (const auto e = refuse_in_capture("cudaHostAlloc", cudaErrorStreamCaptureUnsupported))
    return e;
  *result = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  return *result ? cudaSuccess : last_error = cudaErrorMemoryAllocation;
}
cudaError_t cudaMallocHost(void** result, std::size_t bytes, unsigned flags) {
  return cudaHostAlloc(result, bytes, flags);
}
cudaError_t cudaFreeHost(void* pointer) {
  const std::lock_guard lock(mutex);
  flush_all();
  std::free(pointer);
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind) {
  const std::lock_guard lock(mutex);
  ++counts().copies;
  if (const auto e = refuse_in_capture("cudaMemcpy", cudaErrorStreamCaptureImplicit)) return e;
  flush_all();
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  ++counts().copies;
  return emulator::enqueue(stream, [=] { std::memcpy(to, from, bytes); });
}
cudaError_t cudaMemset(void* pointer, int value, std::size_t bytes) {
  return cudaMemsetAsync(pointer, value, bytes, nullptr);
}
cudaError_t cudaMemsetAsync(void* pointer, int value, std::size_t bytes, cudaStream_t stream) {
  return emulator::enqueue(stream, [=] { std::memset(pointer, value, bytes); });
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  const std::lock_guard lock(mutex);
  streams.push_back(*stream = new CUstream_st);
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  return cudaStreamCreate(stream);
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  if (stream == capturing) capturing = nullptr;
  flush(*stream);
  std::erase(streams, stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  ++counts().synchronisations;
  if (const auto e = refuse_in_capture("cudaStreamSynchronize", cudaErrorStreamCaptureUnsupported))
    return e;
  if (stream)
    flush(*stream);
  else
    flush_all();
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() { return cudaStreamSynchronize(nullptr); }
cudaError_t cudaStreamQuery(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  return stream->queue.empty() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(mutex);
  if (!stream || capturing) return refuse(cudaErrorStreamCaptureUnsupported, "no second capture");
  stream->graph = std::make_unique<CUgraph_st>();
  stream->invalid = false;
  capturing = stream;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(mutex);
  *graph = nullptr;
  if (stream != capturing) return refuse(cudaErrorInvalidValue, "the stream is not captured");
  capturing = nullptr;
  if (stream->invalid) {
    stream->graph.reset();
    return last_error = cudaErrorStreamCaptureInvalidated;
  }
  *graph = stream->graph.release();
  return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  *status = !stream || stream != capturing ? cudaStreamCaptureStatusNone
            : stream->invalid              ? cudaStreamCaptureStatusInvalidated
                                           : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}
cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  return emulator::enqueue(stream, [=] { function(data); });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  return cudaEventCreate(event);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const std::lock_guard lock(mutex);
  cudaEventSynchronize(event);
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  if (stream && stream == capturing)
    return refuse(cudaErrorNotSupported, "the emulator records no events in a capture");
  event->done = std::make_shared<bool>(false);
  event->stream = stream;
  return emulator::enqueue(stream, [event, done = event->done] {
    event->when = Clock::now();
    *done = true;
  });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard lock(mutex);
  if (const auto e = refuse_in_capture("cudaEventSynchronize", cudaErrorStreamCaptureUnsupported))
    return e;
  if (event->stream) flush(*event->stream, event->done.get());
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  return *event->done ? cudaSuccess : cudaErrorNotReady;
}
cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t from, cudaEvent_t to) {
  *ms = std::chrono::duration<float, std::milli>(to->when - from->when).count();
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const std::lock_guard lock(mutex);
  if (stream && stream == capturing)
    return refuse(cudaErrorNotSupported, "the emulator waits for no events in a capture");
  return emulator::enqueue(stream, [other = event->stream, done = event->done] {
    if (other) flush(*other, done.get());
  });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph,
                                 unsigned long long) {
  *executable = new CUgraphExec_st{graph->nodes};
  return cudaSuccess;
}
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  if (nodes) return refuse(cudaErrorNotSupported, "the emulator counts nodes only");
  *count = graph->nodes.size();
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  ++counts().graphs;
  for (const Work& node : executable->nodes)
    if (const auto e = emulator::enqueue(stream, node)) return e;
  return cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
