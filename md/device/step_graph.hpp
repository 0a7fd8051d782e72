#pragma once

#include <functional>
#include <memory>

#include "md/device/stream.hpp"

namespace md {

/// A sequence of kernels that is queued again and again: on a GPU recorded as a CUDA graph and
/// launched as one, on the CPU called.
class StepGraph {
 public:
  StepGraph();
  ~StepGraph();
  StepGraph(StepGraph&&) noexcept;
  StepGraph& operator=(StepGraph&&) noexcept;

  /// Queues `work` on the stream. On a GPU the first call runs it as it is, so that it can allocate
  /// what it uses, the second records it, and then the graph is launched. What `work` queues must
  /// not depend on host data that changes; after such a change call forget(). What `work` throws
  /// ends the recording.
  void run(Stream& stream, const std::function<void()>& work);
  /// Begins anew: addresses or sizes have changed.
  void forget();

 private:
  struct Recorded;
  std::unique_ptr<Recorded> recorded_;
};

}  // namespace md
