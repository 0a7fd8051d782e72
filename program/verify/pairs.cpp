#include "program/verify/pairs.hpp"

#include <algorithm>
#include <set>

namespace md {
namespace {

// A; of hydrogen to xenon. Carbon sp3, low-spin manganese, iron and cobalt.
constexpr double radii[] = {0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66,
                            1.41, 1.21, 1.11, 1.07, 1.05, 1.02, 1.06, 2.03, 1.76, 1.70, 1.60,
                            1.53, 1.39, 1.39, 1.32, 1.26, 1.24, 1.32, 1.22, 1.22, 1.20, 1.19,
                            1.20, 1.20, 1.16, 2.20, 1.95, 1.90, 1.75, 1.64, 1.54, 1.47, 1.46,
                            1.42, 1.39, 1.45, 1.44, 1.42, 1.39, 1.39, 1.38, 1.39, 1.40};
constexpr double heavier = 1.5;

double radius(int number) {
  return number <= static_cast<int>(std::size(radii)) ? radii[number - 1] : heavier;
}

/// Lattice vectors to the cells around.
std::vector<Vec3> images(const Structure& system) {
  std::vector<Vec3> result;
  const auto last = [&](int k) { return system.periodic[k] ? 1 : 0; };
  for (int i = -last(0); i <= last(0); ++i)
    for (int j = -last(1); j <= last(1); ++j)
      for (int k = -last(2); k <= last(2); ++k)
        result.push_back(Vec3{1.0 * i, 1.0 * j, 1.0 * k} * system.cell);
  return result;
}

}  // namespace

double covalent_length(int z1, int z2) { return radius(z1) + radius(z2); }

std::map<std::pair<int, int>, VerifyPair> nearest_pairs(const Structure& system) {
  std::map<std::pair<int, int>, VerifyPair> pairs;
  const std::vector<Vec3> shifts = images(system);
  // Positions need not lie in the cell: the nearest image is looked for around the first atom's.
  std::vector<Vec3> x = system.positions;
  if (system.periodic.all()) {
    const Mat3 to_fraction = inverse(system.cell);
    for (Vec3& p : x) {
      Vec3 f = p * to_fraction;
      for (int k = 0; k < 3; ++k) f[k] -= std::floor(f[k]);
      p = f * system.cell;
    }
  }
  for (int i = 0; i < system.size(); ++i)
    for (int j = i + 1; j < system.size(); ++j) {
      const auto key = std::minmax(system.numbers[i], system.numbers[j]);
      VerifyPair& best = pairs[{key.first, key.second}];
      for (const Vec3& shift : shifts) {
        const Vec3 d = x[j] + shift - x[i];
        const double length = norm(d);
        if (best.distance == 0 || length < best.distance) best = {i, j, length, (1 / length) * d};
      }
    }
  return pairs;
}

std::string pair_name(int z1, int z2) { return std::string(symbol(z2)) + "-" + symbol(z1); }

std::vector<int> elements_in(const Structure& system) {
  const std::set<int> elements(system.numbers.begin(), system.numbers.end());
  return {elements.begin(), elements.end()};
}

}  // namespace md
