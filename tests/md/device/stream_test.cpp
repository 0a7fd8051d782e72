#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "md/device/host_parallel.hpp"

namespace md::test {
namespace {

TEST(Stream, StagesRunEveryBlockOnceAndOneAfterTheOther) {
  constexpr int stages = 7;
  for (const int threads : {1, 2, 3, 8})
    for (const int blocks : {1, 2, 5, 40}) {
      Stream stream(Device{}, threads);
      for (int trial = 0; trial < 50; ++trial) {
        std::vector<std::atomic<int>> done(stages * blocks);
        std::atomic<int> early{0};
        for_each_stage_on_host(stream, stages, blocks, [&](int stage, int block) {
          if (stage > 0)
            for (int b = 0; b < blocks; ++b) early += done[(stage - 1) * blocks + b] != 1;
          ++done[stage * blocks + block];
        });
        EXPECT_EQ(early, 0);
        for (const auto& count : done) EXPECT_EQ(count, 1);
      }
    }
}

TEST(Stream, AThreadThatHoldsABlockForLongIsWaitedForAsleep) {
  Stream stream(Device{}, 2);
  std::atomic<int> finished{0};
  const auto cpu = [] {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
  };
  const double before = cpu();
  for_each_stage_on_host(stream, 3, 2, [&](int, int block) {
    if (block == 1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ++finished;
  });
  EXPECT_EQ(finished, 6);
  EXPECT_LT(cpu() - before, 0.2);  // of 0.3 s that one thread or the other waits
}

}  // namespace
}  // namespace md::test
