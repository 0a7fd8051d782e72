#include "md/random.hpp"

#include <gtest/gtest.h>

namespace md::test {
namespace {

/// Where a stream of numbers stands: whose they are and what for.
struct Stream {
  Seed seed;
  std::uint32_t replica = 0;
  Draw use = Draw::thermostat;
};

/// Correlation coefficient of two streams, number by number; `lag` steps apart.
double correlation(const Stream& a, const Stream& b, int lag = 0) {
  double xy = 0, xx = 0, yy = 0;
  for (int step = 0; step < 100; ++step)
    for (int atom = 0; atom < 1000; ++atom) {
      const Vec3 x = normal3(a.seed, a.replica, step, atom, a.use);
      const Vec3 y = normal3(b.seed, b.replica, step + lag, atom, b.use);
      xy += dot(x, y);
      xx += dot(x, x);
      yy += dot(y, y);
    }
  return xy / std::sqrt(xx * yy);
}

TEST(Random, StagesReplicasSeedsAndUsesShareNothing) {
  const double bound = 5 / std::sqrt(3e5);  // five standard deviations
  const Stream first{{2026, 0}, 0};
  EXPECT_NEAR(correlation(first, first), 1, 1e-12);
  const Stream others[]{{{2026, 1}, 0},
                        {{2026, 2}, 0},
                        {{2026, 0}, 1},
                        {{2027, 0}, 0},
                        {{2025, 1}, 0},
                        {{2026, 1}, 1},
                        {{2026, (1 << 24) - 1}, 0},
                        {{2026, 0}, 0, Draw::initial_velocity},
                        {{2026, 1}, 0, Draw::initial_velocity}};
  for (const Stream& other : others) {
    EXPECT_LT(std::abs(correlation(first, other)), bound);
    EXPECT_LT(std::abs(correlation(first, other, 1)), bound);
    for (const Stream& another : others) {
      if (&another != &other) {
        EXPECT_LT(std::abs(correlation(other, another)), bound);
      }
    }
  }
  EXPECT_LT(std::abs(correlation(first, first, 1)), bound);
}

TEST(Random, TheFirstStageFollowsFromTheSeedAlone) {
  const auto bits = random_bits({2026, 0}, 3, 7, 5, Draw::initial_velocity);
  const auto plain = r123::Philox4x32()({{7, 0, 5, 1}}, {{2026, 3}});
  for (int k = 0; k < 4; ++k) EXPECT_EQ(bits.v[k], plain.v[k]);
}

}  // namespace
}  // namespace md::test
