#include "program/surroundings.hpp"

#include <cmath>
#include <numbers>

namespace md {

double asymmetry(const Structure& system, int i) {
  constexpr double end = 3;  // A
  Vec3 sum{};
  double total = 0;
  for (int j = 0; j < system.size(); ++j) {
    const Vec3 r = system.positions[j] - system.positions[i];
    const double d = norm(r);
    if (j == i || d >= end) continue;
    const double weight = std::cos(0.5 * std::numbers::pi * d / end);
    sum += (weight / d) * r;
    total += weight;
  }
  return total > 0 ? norm(sum) / total : 1;
}

std::vector<int> symmetric_centers(const Structure& system) {
  constexpr double cancelled = 0.1;
  std::vector<int> centers;
  for (int i = 0; i < system.size(); ++i)
    if (asymmetry(system, i) < cancelled) centers.push_back(i);
  return centers;
}

}  // namespace md
