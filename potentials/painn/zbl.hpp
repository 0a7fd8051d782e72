#pragma once

#include <cmath>

#include "md/units.hpp"
#include "md/vec3.hpp"
#include "potentials/painn/polynomial_envelope.hpp"

namespace md::painn::zbl {

/// Screened repulsion of two nuclei, for distances no model was trained on (Ziegler, Biersack,
/// Littmark, The Stopping and Range of Ions in Solids, 1985), brought to zero smoothly:
///   E(d) = coulomb Z1 Z2 / d  sum_k weight_k exp(-decay_k d / a)  S(d / end),
///   a = length / (Z1^power + Z2^power),  S: PolynomialEnvelope (0 for x >= 1).
/// `end` lies below or at most bonds, so that it changes little near equilibrium (9 meV for O-H at
/// 0.96 A); E, E' and E'' are continuous there.
inline constexpr double coulomb = units::hartree * units::bohr;  // e^2 / (4 pi epsilon_0), eV A
inline constexpr double length = 0.8854 * units::bohr;           // A
inline constexpr double power = 0.23;
inline constexpr double weight[4] = {0.18175, 0.50986, 0.28022, 0.02817};
inline constexpr double decay[4] = {3.19980, 0.94229, 0.40290, 0.20162};
inline constexpr double end = 1.0;  // A

struct Pair {
  double energy;  // eV
  double slope;   // dE/dd, eV/A
};

/// The repulsion of two nuclei at the distance d < end, A, and its slope.
MD_HD inline Pair repulsion(int z1, int z2, double d) {
  const double a = length / (std::pow(z1, power) + std::pow(z2, power));
  // Copies, since a GPU sees no arrays of the host.
  constexpr double w[4] = {weight[0], weight[1], weight[2], weight[3]};
  constexpr double b[4] = {decay[0], decay[1], decay[2], decay[3]};
  double screening = 0, screening_slope = 0;
  for (int k = 0; k < 4; ++k) {
    const double term = w[k] * std::exp(-b[k] * d / a);
    screening += term;
    screening_slope -= b[k] / a * term;
  }
  const PolynomialEnvelope s(d / end);
  const double slope = s.slope / end;
  const double bare = coulomb * z1 * z2 / d;
  return {bare * screening * s.value,
          bare * (screening_slope * s.value + screening * slope - screening * s.value / d)};
}

}  // namespace md::painn::zbl
