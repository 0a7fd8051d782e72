#pragma once

#include <functional>
#include <memory>

#include "md/device/stream.hpp"

namespace md {

/// A sequence of kernels that is queued again and again: on a GPU recorded once as a CUDA graph and
/// launched as one, on the CPU called.
class StepGraph {
 public:
  StepGraph();
  ~StepGraph();
  StepGraph(StepGraph&&) noexcept;
  StepGraph& operator=(StepGraph&&) noexcept;

  /// Queues `work` on the stream; on a GPU by a graph that the first call records. What
  /// `work` queues must not depend on host data that changes; after such a change call forget().
  void run(Stream& stream, const std::function<void()>& work);
  /// The next run records again: addresses or sizes have changed.
  void forget();

 private:
  struct Recorded;
  std::unique_ptr<Recorded> recorded_;
};

}  // namespace md
