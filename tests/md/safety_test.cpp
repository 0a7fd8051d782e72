#include "md/safety.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "md/velocities.hpp"
#include "tests/integrators/run_batch.hpp"

namespace md::test {
namespace {

constexpr int running = static_cast<int>(Status::running);
constexpr int quarantined = static_cast<int>(Status::quarantined);

Simulation make(const std::vector<Structure>& systems, const SafetyLimits& limits) {
  return Simulation(test_device(), 1, systems, settings_of(systems), argon(),
                    integrator_of("velocity_verlet", 5), 1, limits);
}

std::vector<Structure> three_clusters() {
  std::vector<Structure> systems(3, argon_cluster(2));
  for (std::uint32_t r = 0; r < 3; ++r) draw_velocities(systems[r], 30, 1, r);
  return systems;
}

TEST(Safety, FreezesAReplicaWithANumberThatIsNotOneAndLeavesTheOthersAlone) {
  Simulation good = make(three_clusters(), {}), bad = make(three_clusters(), {});
  for (Simulation* s : {&good, &bad}) {
    s->evaluate(false);
    s->advance(25, false);
  }
  std::vector<Vec3> v = bad.state().velocity.download();
  v[8 + 3].y = std::numeric_limits<double>::quiet_NaN();  // an atom of replica 1
  bad.state().velocity.upload(v);
  good.advance(50, false);
  bad.advance(50, false);

  EXPECT_EQ(bad.n_frozen(), 1);
  EXPECT_EQ(bad.state().status.download(), (std::vector<int>{running, quarantined, running}));
  EXPECT_EQ(bad.state().fault_step.read(1), 26);
  EXPECT_EQ(bad.state().fault.read(1) & fault_not_finite, fault_not_finite);
  const std::vector<Vec3> x = good.state().position.download(), y = bad.state().position.download();
  for (int i = 0; i < 24; ++i) {
    if (i < 8 || i >= 16) {
      for (int k = 0; k < 3; ++k) EXPECT_EQ(x[i][k], y[i][k]);
    }
    EXPECT_TRUE(std::isfinite(norm(y[i])));
  }
}

TEST(Safety, PutsABadReplicaBackToItsNewestGoodState) {
  SafetyLimits limits;
  Simulation s = make(three_clusters(), limits);
  s.evaluate(false);
  s.advance(20, false);
  const std::vector<Vec3> at20 = s.state().position.download();
  s.advance(5, false);
  std::vector<Vec3> v = s.state().velocity.download();
  v[0].x = std::numeric_limits<double>::infinity();
  s.state().velocity.upload(v);
  s.advance(10, false);
  const std::vector<Vec3> now = s.state().position.download();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(now[i].x, at20[i].x);
  const auto kept = s.safety().kept(0, s.state().first_atom());
  ASSERT_EQ(kept.size(), 3u);  // steps 0, 10, 20
  EXPECT_EQ(kept.back().step, 20);
  EXPECT_EQ(kept.back().position[7].z, at20[7].z);
}

TEST(Safety, HoldsTheLimitsItIsGiven) {
  const auto fault = [](const SafetyLimits& limits, double squeeze) {
    std::vector<Structure> systems = three_clusters();
    for (Vec3& x : systems[2].positions) x *= squeeze;
    Simulation s = make(systems, limits);
    s.evaluate(false);
    EXPECT_EQ(s.state().status.read(0), running);
    EXPECT_EQ(s.state().status.read(2), s.state().fault.read(2) ? quarantined : running);
    return s.state().fault.read(2);
  };
  EXPECT_EQ(fault({}, 0.7), 0);
  EXPECT_EQ(fault({.max_force = 0.5}, 1), 0);
  EXPECT_EQ(fault({.max_force = 0.5}, 0.7), fault_force);
  EXPECT_EQ(fault({.min_distance = 2.5}, 1), 0);
  EXPECT_EQ(fault({.min_distance = 2.5}, 0.6), fault_distance);
}

TEST(Safety, FindsTwoAtomsTooNearInTheStepInWhichTheyAre) {
  // Two free atoms fly towards each other: 6 A apart, 0.08 A less in every step of 5 fs.
  Structure pair = argon_cluster(1, 0);
  pair.numbers.push_back(18);
  pair.positions.push_back({6, 0, 0});
  pair.velocities = {{0.008, 0, 0}, {-0.008, 0, 0}};
  const auto free_atoms =
      potential_of("lennard_jones", {{"epsilon", "1e-30 eV"}, {"sigma", "1e-3"}, {"cutoff", "3"}});
  for (const double limit : {0.3, 2.03, 5.0}) {
    const std::vector<Structure> systems{pair, argon_cluster(1, 0)};
    Simulation s(Device{}, 1, systems, settings_of(systems), *free_atoms,
                 integrator_of("velocity_verlet", 5), 1, {.min_distance = limit});
    s.evaluate(false);
    s.advance(80, false);
    EXPECT_EQ(s.state().fault.read(0), fault_distance);
    EXPECT_EQ(s.state().fault_step.read(0), static_cast<int>(std::floor((6 - limit) / 0.08) + 1));
    EXPECT_EQ(s.state().fault.read(1), 0);
  }
}

TEST(Safety, KnowsTheTemperature) {
  std::vector<Structure> systems = three_clusters();
  for (Vec3& v : systems[1].velocities) v *= 10;
  Simulation s = make(systems, {.max_temperature = {300, 300, 300}});
  s.evaluate(false);
  EXPECT_EQ(s.state().status.download(), (std::vector<int>{running, quarantined, running}));
  EXPECT_EQ(s.state().fault.read(1), fault_temperature);
}

}  // namespace
}  // namespace md::test
