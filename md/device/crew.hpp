#pragma once

#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <atomic>
#include <vector>

#include "md/device/event.hpp"

namespace md {

/// Threads that work through blocks together, stage after stage. Between stages, and between one
/// run and the next, they spin for about 0.1 ms, since waking a thread takes as long as a stage;
/// then they sleep. One that comes late or is kept away is waited for only while it holds a block.
class Crew {
 public:
  /// Up to `threads`, with the calling one, all of them threads of `arena`.
  Crew(tbb::task_arena& arena, int threads);
  ~Crew();

  /// body(context, stage, block) for every block of stage 0, then of stage 1, and so on.
  void run(int n_stages, int n_blocks, void (*body)(void*, int, int), void* context);
  /// Those that wait for the next run go back to the arena.
  void dismiss() { dismissed_.store(true, std::memory_order_relaxed); }

 private:
  struct alignas(64) Block {
    std::atomic<int> next{0};  // the stage in which it is free
  };
  struct alignas(64) Seat {
    std::atomic<bool> taken{false};
  };

  void stay(int seat);
  void work(int seat);
  void wait_for(int target);

  tbb::task_arena& arena_;
  tbb::task_group group_;
  Event hired_, gone_;
  std::vector<Seat> seats_;
  // What is being run; nobody reads it who has not entered while it was open.
  int n_stages_ = 0, n_blocks_ = 0;
  void (*body_)(void*, int, int) = nullptr;
  void* context_ = nullptr;
  std::vector<Block> blocks_;
  unsigned runs_ = 0;
  alignas(64) std::atomic<int> finished_{0};   // blocks, over all stages
  alignas(64) std::atomic<unsigned> open_{0};  // number of the run; 0: none
  alignas(64) std::atomic<int> inside_{0};     // threads that may read it, but for the calling one
  alignas(64) std::atomic<bool> dismissed_{false};
};

}  // namespace md
