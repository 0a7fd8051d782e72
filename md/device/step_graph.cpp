#include "md/device/step_graph.hpp"

#ifdef MD_CUDA
#include <utility>

#include "md/device/cuda.cuh"
#endif

namespace md {

#ifdef MD_CUDA

namespace {

struct Destroy {
  void operator()(cudaGraph_t graph) const { cudaGraphDestroy(graph); }
  void operator()(cudaGraphExec_t graph) const { cudaGraphExecDestroy(graph); }
};
template <class Handle>
using Owner = std::unique_ptr<std::remove_pointer_t<Handle>, Destroy>;

/// What is queued on a stream between its construction and end() goes into a graph. Without end(),
/// since what was queued threw, the stream is left as it was before.
class Capture {
 public:
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal),
          "cudaStreamBeginCapture");
  }
  ~Capture() {
    cudaGraph_t graph = nullptr;
    if (stream_ && cudaStreamEndCapture(stream_, &graph) != cudaSuccess) cudaGetLastError();
    if (graph) cudaGraphDestroy(graph);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  Owner<cudaGraph_t> end() {
    cudaGraph_t graph = nullptr;
    check(cudaStreamEndCapture(std::exchange(stream_, nullptr), &graph), "cudaStreamEndCapture");
    return Owner<cudaGraph_t>(graph);
  }

 private:
  cudaStream_t stream_;  // null: ended
};

}  // namespace

struct StepGraph::Recorded {
  Owner<cudaGraphExec_t> graph;  // null: run once, not recorded yet
};

void StepGraph::run(Stream& stream, const std::function<void()>& work) {
  if (!stream.device().is_cuda()) return work();
  if (!recorded_) {
    work();
    recorded_ = std::make_unique<Recorded>();
    return;
  }
  const auto handle = static_cast<cudaStream_t>(stream.handle());
  if (!recorded_->graph) {
    Capture capture(handle);
    work();
    const Owner<cudaGraph_t> graph = capture.end();
    cudaGraphExec_t executable = nullptr;
    check(cudaGraphInstantiate(&executable, graph.get(), 0), "cudaGraphInstantiate");
    recorded_->graph.reset(executable);
  }
  check(cudaGraphLaunch(recorded_->graph.get(), handle), "cudaGraphLaunch");
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
