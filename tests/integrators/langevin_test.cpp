#include <gtest/gtest.h>

#include <cmath>

#include "md/units.hpp"
#include "md/velocities.hpp"
#include "tests/integrators/run_batch.hpp"

namespace md::test {
namespace {

/// Many independent one-atom oscillators in one replica.
struct Oscillators {
  int n;
  double stiffness = 2.0, temperature = 300, mass = standard_mass(6);
  double frequency() const { return std::sqrt(stiffness / mass * units::force_to_acceleration); }
  std::unique_ptr<Potential> harmonic = potential_of("harmonic", {{"stiffness", "2"}});
  Simulation make(double time_step, double friction) const {
    Structure s;
    s.numbers.assign(n, 6);
    s.positions.assign(n, {});
    const std::vector<Structure> systems{s};
    return Simulation(test_device(), 1, systems, settings_of(systems, temperature, friction),
                      *harmonic, integrator_of("langevin", time_step), 0, {});
  }
};

TEST(Langevin, PositionsOfAnOscillatorHaveTheExactVariance) {
  // BAOAB samples the positions of a harmonic oscillator exactly at any stable time step
  // (Leimkuhler and Matthews 2013). At w dt = 1 leapfrog schemes are 33 % off: kT/k / (1 - (w dt)^2
  // / 4).
  const Oscillators o{1000};
  const double dt = 1 / o.frequency();
  Simulation s = o.make(dt, 1 / dt);
  s.evaluate(false);
  s.advance(50, false);
  double sum = 0;
  std::int64_t samples = 0;
  for (int k = 0; k < 400; ++k) {
    s.advance(5, false);
    for (const Vec3& x : s.state().position.download()) sum += dot(x, x);
    samples += 3 * o.n;
  }
  EXPECT_NEAR(sum / samples / (units::boltzmann * o.temperature / o.stiffness), 1, 0.01);
}

TEST(Langevin, FreeVelocitiesDecayAndSpreadAsTheExactSolution) {
  // Without forces: <v(t)> = v0 exp(-g t), var = kT/m (1 - exp(-2 g t)).
  const int n = 100000;
  const double friction = 0.01, dt = 7, temperature = 300, mass = standard_mass(18), v0 = 0.02;
  Structure s;
  s.numbers.assign(n, 18);
  s.positions.assign(n, {});
  s.velocities.assign(n, {v0, 0, 0});
  const std::vector<Structure> systems{s};
  const auto nothing = potential_of("harmonic", {{"stiffness", "1e-30"}});
  Simulation simulation(test_device(), 1, systems, settings_of(systems, temperature, friction),
                        *nothing, integrator_of("langevin", dt), 0, {});
  simulation.evaluate(false);
  simulation.advance(5, false);
  double mean = 0, square = 0;
  for (const Vec3& v : simulation.state().velocity.download()) {
    mean += v.x / n;
    square += v.x * v.x / n;
  }
  const double expected = v0 * std::exp(-friction * 5 * dt);
  const double variance = units::boltzmann * temperature / (units::kinetic_to_ev * mass) *
                          (1 - std::exp(-2 * friction * 5 * dt));
  EXPECT_NEAR(mean, expected, 4 * std::sqrt(variance / n));
  EXPECT_NEAR((square - mean * mean) / variance, 1, 4 * std::sqrt(2.0 / n));
}

TEST(Langevin, WithoutFrictionIsVelocityVerlet) {
  Structure start = argon_cluster(2);
  draw_velocities(start, 30, 1, 0);
  const std::vector<Structure> systems{start};
  std::vector<std::vector<Vec3>> ends;
  for (const char* method : {"langevin", "velocity_verlet"}) {
    Simulation s(test_device(), 1, systems, settings_of(systems, 300, 0), argon(),
                 integrator_of(method, 5), 1, {});
    s.evaluate(false);
    s.advance(100, false);
    ends.push_back(s.state().position.download());
  }
  for (int i = 0; i < start.size(); ++i) EXPECT_LT(norm(ends[0][i] - ends[1][i]), 1e-10);
}

TEST(Langevin, EveryReplicaHasItsOwnTemperatureAndFriction) {
  const Oscillators o{2000};
  Structure one;
  one.numbers.assign(o.n, 6);
  one.positions.assign(o.n, {});
  const std::vector<Structure> systems(2, one);
  std::vector<ReplicaSettings> settings = settings_of(systems, 100, 0.05);
  settings[1].temperature = 400;
  settings[1].friction = 0.2;
  const auto harmonic = potential_of("harmonic", {{"stiffness", "2"}});
  Simulation s(test_device(), 1, systems, settings, *harmonic, integrator_of("langevin", 2), 0, {});
  s.evaluate(false);
  s.advance(200, false);
  double kinetic[2]{};
  for (int k = 0; k < 50; ++k) {
    s.advance(20, false);
    for (int r = 0; r < 2; ++r) kinetic[r] += s.state().kinetic.download()[r] / 50;
  }
  for (int r = 0; r < 2; ++r)
    EXPECT_NEAR(kinetic[r] / (1.5 * o.n * units::boltzmann * settings[r].temperature), 1, 0.02);
}

}  // namespace
}  // namespace md::test
