#pragma once

#include "program/frequencies/normal_modes.hpp"

namespace md {

struct ThermalConditions {
  double temperature = 298.15;  // K
  double pressure = 1;          // bar
  int symmetry_number = 1;
};

/// Rigid rotor and harmonic oscillators; imaginary modes are left out, electrons stay in their
/// ground state, which is not degenerate. D. A. McQuarrie, Statistical Mechanics (1976), ch. 5-8.
struct Thermochemistry {
  double zero_point = 0;       // eV
  double internal_energy = 0;  // eV, the potential and zero-point energy included
  double enthalpy = 0;         // eV; of an ideal gas
  double entropy = 0;          // eV/K
  double free_energy = 0;      // eV: Gibbs's of a gas, else Helmholtz's
  bool gas = false;            // a free molecule; else its vibrations alone
};

Thermochemistry thermochemistry(const Structure& system, double energy, const NormalModes& modes,
                                const ThermalConditions& conditions);

}  // namespace md
