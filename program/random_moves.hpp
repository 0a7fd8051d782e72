#pragma once

#include <random>

#include "md/structure.hpp"

namespace md {

/// Random moves that are the same on every machine: the engine's numbers are fixed by the standard,
/// the library's distributions are not.
class RandomMoves {
 public:
  /// In [0, 1).
  double uniform() { return static_cast<double>(engine_()) / 4294967296.0; }
  /// Uniform among all rotations; positions are turned as x * rotation. K. Shoemake, Uniform Random
  /// Rotations, in Graphics Gems III (1992).
  Mat3 rotation();
  /// Uniform on the unit sphere.
  Vec3 direction();
  /// 0 ... n - 1 in any order.
  std::vector<int> order(int n);
  /// Every coordinate moved by up to `length`, A.
  Structure shaken(Structure system, double length);

 private:
  std::mt19937 engine_{2026};
};

}  // namespace md
