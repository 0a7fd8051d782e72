#include "program/frequencies/report.hpp"

#include <fmt/format.h>

#include <numbers>

#include "io/extended_xyz.hpp"

namespace md {
namespace {

constexpr double swing = 0.3;  // A

}  // namespace

Json frequencies_json(const Origin& origin, const Structure& system, const Hessian& hessian,
                      const NormalModes& modes, const Thermochemistry& thermo,
                      const ThermalConditions& conditions) {
  double largest = 0;
  for (const int i : hessian.atoms) largest = larger(largest, norm(hessian.start.forces[i]));
  Json thermal{{"temperature_K", conditions.temperature}};
  if (thermo.gas) {
    thermal["pressure_bar"] = conditions.pressure;
    thermal["symmetry_number"] = conditions.symmetry_number;
  }
  thermal["internal_energy_eV"] = thermo.internal_energy;
  if (thermo.gas) thermal["enthalpy_eV"] = thermo.enthalpy;
  thermal["entropy_eV_K"] = thermo.entropy;
  thermal[thermo.gas ? "gibbs_eV" : "helmholtz_eV"] = thermo.free_energy;
  return {{"source", origin.source},
          {"frame", origin.frame},
          {"name", origin.name},
          {"formula", formula(system.numbers)},
          {"energy_eV", hessian.start.energy},
          {"largest_force_eV_A", largest},
          {"wavenumbers_cm1", modes.wavenumbers},
          {"imaginary", modes.n_imaginary()},
          {"rigid_cm1", modes.rigid},
          {"zero_point_eV", thermo.zero_point},
          {"thermochemistry", thermal}};
}

void append_modes(std::string& text, const Origin& origin, const Structure& system,
                  const NormalModes& modes, int images) {
  for (std::size_t m = 0; m < modes.wavenumbers.size(); ++m) {
    const std::vector<Vec3>& mode = modes.displacements[m];
    double longest = 0;
    for (const Vec3& v : mode) longest = larger(longest, norm(v));
    for (int k = 0; k < images; ++k) {
      const double phase = std::sin(2 * std::numbers::pi * k / images);
      std::vector<Vec3> x = system.positions;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += swing / longest * phase * mode[i];
      ExtendedXyzFields fields;
      fields.info = {{"name", origin.name},
                     {"mode", std::to_string(m + 1)},
                     {"wavenumber_cm1", fmt::format("{:.4f}", modes.wavenumbers[m])},
                     {"image", std::to_string(k)}};
      fields.forces = mode;
      fields.forces_name = "displacement";
      append_extended_xyz(
          text, {system.numbers, x, {}, system.cell, system.periodic, system.masses}, fields);
    }
  }
}

}  // namespace md
