#include <gtest/gtest.h>

#include <cmath>

#include "md/units.hpp"
#include "md/velocities.hpp"
#include "tests/integrators/run_batch.hpp"

namespace md::test {
namespace {

Simulation argon_run(const Structure& start, double time_step) {
  const std::vector<Structure> systems{start};
  return Simulation(test_device(), 1, systems, settings_of(systems), argon(),
                    integrator_of("velocity_verlet", time_step), 1.0, {});
}

TEST(VelocityVerlet, FollowsTheHarmonicOscillator) {
  // x'' = -k/m x. The scheme is exact for a slightly higher frequency:
  // cos(w' dt) = 1 - (w dt)^2 / 2 (Hairer, Lubich, Wanner, Acta Numerica 2003, section 1).
  const double k = 2.0, dt = 0.7, mass = standard_mass(6);
  const std::vector<Structure> systems{{{6}, {{1, 0, 0}}, {{0, 0, 0}}, {}, {}, "", ""}};
  const auto harmonic = potential_of("harmonic", {{"stiffness", "2"}});
  Simulation s(test_device(), 1, systems, settings_of(systems), *harmonic,
               integrator_of("velocity_verlet", dt), 0, {});
  s.evaluate(false);
  const double w = std::sqrt(k / mass * units::force_to_acceleration);
  const double discrete = std::acos(1 - w * w * dt * dt / 2) / dt;
  for (int step = 1; step <= 1000; ++step) {
    s.advance(1, false);
    ASSERT_NEAR(s.state().position.download()[0].x, std::cos(discrete * step * dt), 1e-11) << step;
  }
}

TEST(VelocityVerlet, RunsBackToWhereItCameFrom) {
  Structure start = argon_cluster(3);
  draw_velocities(start, 30, 1, 0);
  Simulation s = argon_run(start, 5);
  s.evaluate(false);
  s.advance(300, false);
  std::vector<Vec3> v = s.state().velocity.download();
  for (Vec3& one : v) one = -one;
  s.state().velocity.upload(v);
  s.advance(300, false);
  const std::vector<Vec3> x = s.state().position.download();
  for (int i = 0; i < start.size(); ++i) EXPECT_LT(norm(x[i] - start.positions[i]), 1e-9);
}

}  // namespace
}  // namespace md::test
