// What every registered integrator is held to. A new one enters by a line in `cases`.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "md/units.hpp"
#include "md/velocities.hpp"
#include "tests/integrators/run_batch.hpp"

namespace md::test {
namespace {

/// A registered integrator and the settings of a replica with which it is tried.
struct IntegratorCase {
  std::string name;
  double friction = 0;  // 1/fs; without it a thermostat must leave the energy alone
};

void PrintTo(const IntegratorCase& c, std::ostream* out) { *out << c.name; }

const std::vector<IntegratorCase> cases{{"velocity_verlet"}, {"langevin", 0.01}};

/// Clusters of argon of different sizes at 30 K, without drift.
std::vector<Structure> clusters() {
  std::vector<Structure> systems{argon_cluster(2), argon_cluster(3, 0.1), argon_cluster(2, 0.2)};
  for (std::size_t r = 0; r < systems.size(); ++r) {
    draw_velocities(systems[r], 30, 1, static_cast<std::uint32_t>(r));
    remove_drift(systems[r]);
  }
  return systems;
}

/// Positions and velocities of all atoms.
struct Phase {
  std::vector<Vec3> position, velocity;

  explicit Phase(const Simulation& s)
      : position(s.state().position.download()), velocity(s.state().velocity.download()) {}
  /// Of the atoms first ... first + n - 1.
  Phase(const Phase& whole, int first, int n)
      : position(whole.position.begin() + first, whole.position.begin() + first + n),
        velocity(whole.velocity.begin() + first, whole.velocity.begin() + first + n) {}
  bool operator==(const Phase& other) const {
    const auto same = [](const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
      return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Vec3)) == 0;
    };
    return same(position, other.position) && same(velocity, other.velocity);
  }
};

/// Of argon, ready to advance.
struct Running : Simulation {
  Running(const std::vector<Structure>& systems, const std::vector<ReplicaSettings>& settings,
          std::unique_ptr<Integrator> integrator)
      : Simulation(test_device(), 2, systems, settings, argon(), std::move(integrator), 1, {}) {
    evaluate(false);
  }
};

class IntegratorConformance : public testing::TestWithParam<IntegratorCase> {
 protected:
  std::unique_ptr<Integrator> integrator(double time_step = 5) const {
    return integrator_of(GetParam().name, time_step);
  }
  std::vector<ReplicaSettings> settings(const std::vector<Structure>& systems) const {
    return settings_of(systems, 60, GetParam().friction);
  }
  Phase run(const std::vector<Structure>& systems, const std::vector<ReplicaSettings>& settings,
            int steps) const {
    Running s(systems, settings, integrator());
    s.advance(steps, false);
    return Phase(s);
  }
};

INSTANTIATE_TEST_SUITE_P(Registered, IntegratorConformance, testing::ValuesIn(cases),
                         [](const auto& info) { return info.param.name; });

TEST(IntegratorConformance, EveryRegisteredIntegratorHasACase) {
  for (const std::string& name : integrators().names())
    EXPECT_TRUE(std::ranges::any_of(cases, [&](const auto& c) { return c.name == name; }))
        << name << " needs a line among the cases of " << __FILE__;
}

TEST_P(IntegratorConformance, EnergyErrorFallsAsTheSquareOfTheTimeStep) {
  Structure system = argon_cluster(3);
  draw_velocities(system, 30, 1, 0);
  const auto spread = [&](double dt) {
    const std::vector<Structure> systems{system};
    Running s(systems, settings_of(systems, 60), integrator(dt));
    const auto energy = [&] { return s.state().potential.read(0) + s.state().kinetic.read(0); };
    const double first = energy();
    double sum = 0;
    const int steps = static_cast<int>(1200 / dt);
    for (int k = 0; k < steps; ++k) {
      s.advance(1, false);
      sum += (energy() - first) * (energy() - first);
    }
    return std::sqrt(sum / steps);
  };
  const double ratio = spread(8) / spread(4);
  EXPECT_GT(ratio, 3.4);
  EXPECT_LT(ratio, 4.6);
}

TEST_P(IntegratorConformance, ConservesMomentumWhereItSaysSo) {
  const std::vector<Structure> systems{clusters()[1]};
  Vec3 momentum;
  for (const Vec3& v : run(systems, settings(systems), 500).velocity)
    momentum += standard_mass(18) * v;
  if (integrator()->conserves_momentum())
    EXPECT_LT(norm(momentum), 1e-13);
  else
    EXPECT_GT(norm(momentum), 1e-6);
}

TEST_P(IntegratorConformance, MovesRunningReplicasOnly) {
  const std::vector<Structure> systems = clusters();
  Running all(systems, settings(systems), integrator()),
      without(systems, settings(systems), integrator());
  all.advance(20, false);
  without.advance(20, false);
  const int first = systems[0].size(), n = systems[1].size(), rest = first + n;
  const Phase frozen(Phase(without), first, n);
  without.quarantine({1}, fault_force);
  all.advance(30, false);
  without.advance(30, false);
  const Phase a(all), b(without);
  EXPECT_TRUE(Phase(b, first, n) == frozen);
  EXPECT_FALSE(Phase(a, first, n) == frozen);
  EXPECT_TRUE(Phase(a, 0, first) == Phase(b, 0, first));
  EXPECT_TRUE(Phase(a, rest, systems[2].size()) == Phase(b, rest, systems[2].size()));
}

TEST_P(IntegratorConformance, StandsStillWhileTheGateIsClosed) {
  const std::vector<Structure> systems = clusters();
  Running s(systems, settings(systems), integrator());
  const Phase before(s);
  const auto moving = integrator();
  moving->prepare(s.state().view(), s.stream());
  const auto step = [&] {
    moving->before_forces(s.state().view(), s.stream());
    moving->after_forces(s.state().view(), s.stream());
    s.stream().synchronize();
  };
  s.state().halt.fill(1);
  step();
  EXPECT_TRUE(Phase(s) == before);
  s.state().halt.fill(0);
  step();
  EXPECT_FALSE(Phase(s) == before);
}

TEST_P(IntegratorConformance, AReplicaHasTheSameBitsAloneAndInABatch) {
  const std::vector<Structure> systems = clusters();
  const std::vector<ReplicaSettings> how = settings(systems);
  const Phase all = run(systems, how, 200);
  int first = 0;
  for (std::size_t r = 0; r < systems.size(); first += systems[r++].size())
    EXPECT_TRUE(run({systems[r]}, {how[r]}, 200) == Phase(all, first, systems[r].size())) << r;
}

TEST_P(IntegratorConformance, ContinuesFromTheStateToTheLastBit) {
  const std::vector<Structure> systems = clusters();
  const Phase whole = run(systems, settings(systems), 40);
  for (const int stop : {1, 17}) {
    Running first(systems, settings(systems), integrator());
    first.advance(stop, false);
    // All that a checkpoint has; the integrator is a new one.
    Simulation second(test_device(), 2, systems, settings(systems), argon(), integrator(), 1, {});
    const State& from = first.state();
    State& to = second.state();
    to.position.upload(from.position.download());
    to.velocity.upload(from.velocity.download());
    to.force.upload(from.force.download());
    to.step.upload(from.step.download());
    second.neighbors().restore(first.neighbors().reference_positions(), second.stream());
    second.advance(40 - stop, false);
    EXPECT_TRUE(Phase(second) == whole) << "stopped after " << stop << " steps";
  }
}

TEST_P(IntegratorConformance, FollowsTheTemperatureOfAReplicaWhereItSaysSo) {
  const std::vector<Structure> systems{clusters()[0]};
  std::vector<ReplicaSettings> warmer = settings(systems);
  warmer[0].temperature *= 2;
  EXPECT_NE(run(systems, settings(systems), 5) == run(systems, warmer, 5),
            integrator()->needs_temperature());
}

/// How the kinetic energy of one atom in units of kT is distributed: chi-square of 3 degrees of
/// freedom, of half the argument.
double distribution_of_kinetic_energy(double x) {
  return std::erf(std::sqrt(x)) - 2 * std::sqrt(x / std::numbers::pi) * std::exp(-x);
}

TEST_P(IntegratorConformance, ThermostatsGiveTheDistributionOfTheKineticEnergy) {
  if (!integrator()->needs_temperature()) GTEST_SKIP() << "it has no thermostat";
  // Replicas of one atom bound to the origin by a spring, from rest, every other one four times as
  // hot; w dt = 0.1.
  const std::vector<Structure> systems(2000, Structure{{6}, {{}}, {}, {}, {}, "", ""});
  const double w = std::sqrt(2 / standard_mass(6) * units::force_to_acceleration), dt = 0.1 / w;
  std::vector<ReplicaSettings> how = settings_of(systems, 100, w);
  for (std::size_t r = 0; r < how.size(); r += 2) how[r].temperature = 400;
  const auto harmonic = potential_of("harmonic", {{"stiffness", "2"}});
  Simulation s(test_device(), 1, systems, how, *harmonic, integrator(dt), 0, {});
  s.evaluate(false);
  s.advance(100, false);
  std::vector<double> energies;
  for (int k = 0; k < 20; ++k) {
    s.advance(20, false);
    const std::vector<double> kinetic = s.state().kinetic.download();
    for (std::size_t r = 0; r < how.size(); ++r)
      energies.push_back(kinetic[r] / (units::boltzmann * how[r].temperature));
  }
  // Kolmogorov and Smirnov: of n independent numbers one set in a thousand is off by more.
  std::ranges::sort(energies);
  const double n = static_cast<double>(energies.size());
  double worst = 0;
  for (std::size_t k = 0; k < energies.size(); ++k)
    worst = std::max(worst, std::abs(distribution_of_kinetic_energy(energies[k]) - (k + 0.5) / n));
  EXPECT_LT(worst, 1.95 / std::sqrt(n));
}

}  // namespace
}  // namespace md::test
