#pragma once

#include "md/evaluator.hpp"

namespace md {

/// One atom of a system on a straight line; t in A.
struct ScanPath {
  Structure start;
  int atom = 0;
  Vec3 direction;  // unit vector
  double first = 0, last = 0;

  Structure at(double t) const {
    Structure s = start;
    s.positions[atom] += t * direction;
    return s;
  }
};

/// The largest steps of energy and forces along a path, and where. Below the tolerance it is what
/// could not be told from a smooth curve.
struct ScanResult {
  double energy = 0, force = 0;  // eV, eV/A
  double energy_at = 0, force_at = 0;
};

/// Looks for jumps anywhere on the path, wherever its cutoffs are. An interval whose midpoint is
/// not where a smooth curve through its ends would have it is halved until it is, or until it is
/// shorter than 2e-4 A: then what is left is a jump, or for any time step as good as one. Energies
/// are compared with a cubic curve through values and slopes (error h^4/384 E''''), force vectors
/// with a straight line (h^2/8 F'').
ScanResult scan_for_jumps(Evaluator& evaluator, const ScanPath& path, double energy_tolerance,
                          double force_tolerance);

/// A direction in which nothing stands in the way of an atom for `length` A, as far as possible.
Vec3 clear_direction(const Structure& system, int atom, double length);

}  // namespace md
