#include "program/run/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "md/units.hpp"

namespace md {
namespace {

constexpr double least = 10'000;  // K
constexpr double times = 10;      // the temperature given
constexpr double closest = 0.3;   // A

/// x > 1 with (x exp(1 - x))^(n/2) = 1e-24.
double chernoff(int n) {
  const double wanted = 2 * 24 * std::numbers::ln10 / n;  // x - 1 - ln x, which grows with x
  double low = 1, high = 2 + 2 * wanted;
  for (int k = 0; k < 100; ++k) {
    const double x = (low + high) / 2;
    (x - 1 - std::log(x) < wanted ? low : high) = x;
  }
  return high;
}

double temperature_of(const Structure& system, int freedom) {
  double twice = 0;
  for (int i = 0; i < system.size(); ++i) {
    if (system.is_fixed(i)) continue;
    const Vec3& v = system.velocities[i];
    twice += units::kinetic_to_ev * system.mass(i) * dot(v, v);
  }
  return freedom > 0 ? twice / (units::boltzmann * freedom) : 0;
}

}  // namespace

double default_max_temperature(double temperature, int freedom) {
  const double factor = freedom > 0 ? std::max(times, chernoff(freedom)) : times;
  return std::max(least, factor * temperature);
}

double max_temperature(const RunOptions& options, double temperature, int freedom) {
  return options.max_temperature ? *options.max_temperature
                                 : default_max_temperature(temperature, freedom);
}

SafetyLimits safety_limits(const Stage& stage, const Replicas& replicas) {
  const RunOptions& options = stage.options;
  const bool bound = !stage.potential->traits().translation_invariant;
  SafetyLimits limits;
  if (stage.minimize) return limits;  // where it starts from may be anything
  limits.max_force = options.max_force;
  limits.min_distance = options.min_distance.value_or(bound ? 0 : closest);
  for (std::size_t r = 0; r < replicas.systems.size(); ++r)
    limits.max_temperature.push_back(
        max_temperature(options, replicas.warmest[r], replicas.settings[r].freedom));
  return limits;
}

void take_start_temperatures(const Stage& stage, Replicas& replicas,
                             const std::vector<bool>& from_file) {
  for (std::size_t r = 0; r < replicas.systems.size(); ++r) {
    const Structure& system = replicas.systems[r];
    const int freedom = replicas.settings[r].freedom;
    const double most = max_temperature(stage.options, replicas.warmest[r], freedom);
    const double now = temperature_of(system, freedom);
    if (!(now <= most) && from_file[r])
      stage.input.fail(
          "system.structure",
          fmt::format("the velocities of {}, taken as {}, make {:.0f} K, above "
                      "safety.max_temperature, {:.0f} K; "
                      "columns called velocities, velo or vel are taken in A/fs, momenta in ASE's "
                      "unit; system.velocities = maxwell or zero goes without them",
                      system.source, system.velocity_unit.empty() ? "A/fs" : system.velocity_unit,
                      now, most));
    replicas.warmest[r] = std::max(replicas.warmest[r], std::min(now, most));
  }
}

}  // namespace md
