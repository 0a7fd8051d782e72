#pragma once

#include "md/units.hpp"

namespace md::zbl {

/// Screened repulsion of two nuclei, for distances no model was trained on (Ziegler, Biersack,
/// Littmark, The Stopping and Range of Ions in Solids, 1985), brought to zero smoothly:
///   E(d) = coulomb Z1 Z2 / d  sum_k weight_k exp(-decay_k d / a)  S(d / end),
///   a = length / (Z1^power + Z2^power),  S(x) = 1 - 28 x^6 + 48 x^7 - 21 x^8 (0 for x >= 1).
/// `end` lies below or at most bonds, so that it changes little near equilibrium (9 meV for O-H at
/// 0.96 A); E, E' and E'' are continuous there.
inline constexpr double coulomb = units::hartree * units::bohr;  // e^2 / (4 pi epsilon_0), eV A
inline constexpr double length = 0.8854 * units::bohr;           // A
inline constexpr double power = 0.23;
inline constexpr double weight[4] = {0.18175, 0.50986, 0.28022, 0.02817};
inline constexpr double decay[4] = {3.19980, 0.94229, 0.40290, 0.20162};
inline constexpr double end = 1.0;  // A

}  // namespace md::zbl
