#include "md/device/step_graph.hpp"

#include "md/errors.hpp"
#ifdef MD_CUDA
#include <cuda_runtime.h>

#include <string>
#endif

namespace md {

#ifdef MD_CUDA

struct StepGraph::Recorded {
  cudaGraphExec_t graph = nullptr;
  ~Recorded() {
    if (graph) cudaGraphExecDestroy(graph);
  }
};

namespace {

void check(cudaError_t error, const char* call) {
  if (error != cudaSuccess)
    throw DeviceError(std::string(call) + " failed: " + cudaGetErrorString(error));
}

}  // namespace

void StepGraph::run(Stream& stream, const std::function<void()>& work) {
  if (!stream.device().is_cuda()) return work();
  const auto handle = static_cast<cudaStream_t>(stream.handle());
  if (!recorded_) {
    check(cudaStreamBeginCapture(handle, cudaStreamCaptureModeThreadLocal),
          "cudaStreamBeginCapture");
    work();
    cudaGraph_t graph = nullptr;
    check(cudaStreamEndCapture(handle, &graph), "cudaStreamEndCapture");
    auto recorded = std::make_unique<Recorded>();
    const cudaError_t error = cudaGraphInstantiate(&recorded->graph, graph, 0);
    cudaGraphDestroy(graph);
    check(error, "cudaGraphInstantiate");
    recorded_ = std::move(recorded);
  }
  check(cudaGraphLaunch(recorded_->graph, handle), "cudaGraphLaunch");
}

#else

struct StepGraph::Recorded {};

void StepGraph::run(Stream&, const std::function<void()>& work) { work(); }

#endif

StepGraph::StepGraph() = default;
StepGraph::~StepGraph() = default;
StepGraph::StepGraph(StepGraph&&) noexcept = default;
StepGraph& StepGraph::operator=(StepGraph&&) noexcept = default;

void StepGraph::forget() { recorded_.reset(); }

}  // namespace md
