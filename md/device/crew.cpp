#include "md/device/crew.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace md {
namespace {

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Asks again and again for about 0.1 ms whether something is so.
template <class F>
bool spin_until(const F& so) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::microseconds(100);
  do {
    for (int k = 0; k < 64; ++k) {
      if (so()) return true;
      pause();
    }
  } while (Clock::now() < end);
  return false;
}

}  // namespace

Crew::Crew(tbb::task_arena& arena, int threads) : arena_(arena), seats_(threads) {}

Crew::~Crew() {
  dismiss();
  arena_.execute([&] { group_.wait(); });
  gone_.seen();
}

void Crew::run(int n_stages, int n_blocks, void (*body)(void*, int, int), void* context) {
  const int n = std::min(static_cast<int>(seats_.size()), n_blocks);
  if (n <= 1) {
    for (int stage = 0; stage < n_stages; ++stage)
      for (int block = 0; block < n_blocks; ++block) body(context, stage, block);
    return;
  }
  n_stages_ = n_stages;
  n_blocks_ = n_blocks;
  body_ = body;
  context_ = context;
  if (const std::size_t size = n_blocks; blocks_.size() < size) blocks_ = std::vector<Block>(size);
  for (Block& block : blocks_) block.next.store(0, std::memory_order_relaxed);
  finished_.store(0, std::memory_order_relaxed);
  dismissed_.store(false, std::memory_order_relaxed);
  if (++runs_ == 0) ++runs_;
  open_.store(runs_);
  hired_.happens();
  for (int seat = 1; seat < n; ++seat)
    if (!seats_[seat].taken.exchange(true))
      arena_.execute([&] {
        const auto stay = +[](Crew* crew, int seat) { crew->stay(seat); };
        group_.run(ordered_task(hired_, gone_, stay, this, seat));
      });
  work(0);
  open_.store(0);
  // Whoever is still inside has nothing left to do there.
  if (!spin_until([&] { return inside_.load() == 0; }))
    for (int n_inside; (n_inside = inside_.load()) != 0;) inside_.wait(n_inside);
}

/// Takes part in one run after the other, until none has come for a while.
void Crew::stay(int seat) {
  unsigned last = 0, now = 0;
  while (spin_until([&] {
    now = open_.load(std::memory_order_relaxed);
    return (now != 0 && now != last) || dismissed_.load(std::memory_order_relaxed);
  })) {
    if (now == 0 || now == last) break;
    last = now;
    inside_.fetch_add(1);
    if (open_.load() == now) work(seat);
    if (inside_.fetch_sub(1) == 1) inside_.notify_all();
  }
  seats_[seat].taken.store(false);
}

void Crew::work(int seat) {
  // Everyone begins at a block of his own, which is in his cache from the stage before.
  const int start = static_cast<int>(static_cast<std::int64_t>(n_blocks_) * seat /
                                     std::min(static_cast<int>(seats_.size()), n_blocks_));
  for (int stage = 0; stage < n_stages_; ++stage) {
    const int target = (stage + 1) * n_blocks_;
    for (int k = 0; k < n_blocks_; ++k) {
      const int block = (start + k) % n_blocks_;
      int free = stage;
      std::atomic<int>& next = blocks_[block].next;
      if (next.load(std::memory_order_relaxed) != stage ||
          !next.compare_exchange_strong(free, stage + 1, std::memory_order_acq_rel))
        continue;
      body_(context_, stage, block);
      if (finished_.fetch_add(1, std::memory_order_acq_rel) + 1 == target) finished_.notify_all();
    }
    wait_for(target);
  }
}

void Crew::wait_for(int target) {
  if (spin_until([&] { return finished_.load(std::memory_order_acquire) >= target; })) return;
  for (int n; (n = finished_.load(std::memory_order_acquire)) < target;) finished_.wait(n);
}

}  // namespace md
