#include "program/frequencies/thermochemistry.hpp"

#include <cmath>
#include <numbers>

#include "md/units.hpp"

namespace md {
namespace {

constexpr double pi = std::numbers::pi;

/// 2 pi m k T / h^2 of a mass in kg, or 8 pi^2 I k T / h^2 over 4 pi of a moment: in SI.
double thermal(double kg, double temperature) {
  return 2 * pi * kg * units::boltzmann_si * temperature / (units::planck_si * units::planck_si);
}

/// Translation and rotation of an ideal gas, in units of k.
struct Gas {
  double energy, entropy;
};

Gas ideal_gas(const Structure& system, const ThermalConditions& c) {
  const RigidBody body = rigid_body(system);
  const double volume = units::boltzmann_si * c.temperature / (c.pressure * 1e5);  // m^3
  const double q = std::pow(thermal(body.mass * units::atomic_mass_constant, c.temperature), 1.5);
  Gas gas{1.5, std::log(q * volume) + 2.5};
  const int rotations = body.rotations();
  if (rotations == 0) return gas;
  double product = 1;  // of 8 pi^2 I k T / h^2
  for (int k = 3 - rotations; k < 3; ++k)
    product *=
        4 * pi * thermal(body.moments[k] * 1e-20 * units::atomic_mass_constant, c.temperature);
  // A linear molecule has one moment, which stands there twice.
  const double states = rotations == 2 ? std::sqrt(product) : std::sqrt(pi * product);
  gas.energy += 0.5 * rotations;
  gas.entropy += std::log(states / c.symmetry_number) + 0.5 * rotations;
  return gas;
}

}  // namespace

Thermochemistry thermochemistry(const Structure& system, double energy, const NormalModes& modes,
                                const ThermalConditions& c) {
  Thermochemistry t;
  const double kt = units::boltzmann * c.temperature;
  double thermal_energy = 0;
  for (const double wavenumber : modes.wavenumbers) {
    if (wavenumber <= 0) continue;
    const double quantum = wavenumber * units::ev_per_wavenumber, x = quantum / kt;
    t.zero_point += quantum / 2;
    thermal_energy += quantum / std::expm1(x);
    t.entropy += units::boltzmann * (x / std::expm1(x) - std::log1p(-std::exp(-x)));
  }
  t.gas = !system.periodic.any() && system.n_fixed() == 0 && !modes.rigid.empty();
  if (t.gas) {
    const Gas gas = ideal_gas(system, c);
    thermal_energy += gas.energy * kt;
    t.entropy += gas.entropy * units::boltzmann;
  }
  t.internal_energy = energy + t.zero_point + thermal_energy;
  t.enthalpy = t.internal_energy + (t.gas ? kt : 0);
  t.free_energy = t.enthalpy - c.temperature * t.entropy;
  return t;
}

}  // namespace md
