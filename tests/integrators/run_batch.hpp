#pragma once

#include <memory>
#include <string>
#include <vector>

#include "md/simulation.hpp"
#include "tests/device.hpp"

namespace md::test {

/// A registered potential with these keys of [potential].
inline std::unique_ptr<Potential> potential_of(
    const std::string& name, const std::vector<std::pair<std::string, std::string>>& keys) {
  const auto& entry = potentials().find(name);
  Input input(Input::Schema{{"potential", entry.keys}});
  for (const auto& [key, value] : keys) input.set("potential." + key, value);
  return entry.make({input, test_device(), 1, true, "float64"});
}

inline std::unique_ptr<Integrator> integrator_of(const std::string& name, double time_step,
                                                 std::uint32_t seed = 2026) {
  const auto& entry = integrators().find(name);
  Input input(Input::Schema{{"integrator", entry.keys}});
  return entry.make({input, time_step, seed});
}

inline std::vector<ReplicaSettings> settings_of(const std::vector<Structure>& systems,
                                                double temperature = 0, double friction = 0) {
  std::vector<ReplicaSettings> settings;
  for (std::size_t r = 0; r < systems.size(); ++r)
    settings.push_back(
        {temperature, friction, static_cast<std::uint32_t>(r), 3 * systems[r].size()});
  return settings;
}

/// A cluster of argon atoms near its minimum: a cube of n^3 atoms, 3.9 A apart, slightly shaken.
inline Structure argon_cluster(int n, double shake = 0.05) {
  Structure s;
  for (int i = 0; i < n * n * n; ++i) {
    const double a = 0.1 + 1.7 * i;  // any fixed numbers do
    s.numbers.push_back(18);
    s.positions.push_back({3.9 * (i % n) + shake * std::sin(a),
                           3.9 * (i / n % n) + shake * std::sin(3 * a),
                           3.9 * (i / n / n) + shake * std::sin(7 * a)});
  }
  s.source = "argon";
  return s;
}

/// Shared by all simulations of argon: it keeps nothing between evaluations.
inline Potential& argon() {
  static const auto potential =
      potential_of("lennard_jones", {{"epsilon", "120 K"}, {"sigma", "3.4"}, {"cutoff", "30"}});
  return *potential;
}

}  // namespace md::test
