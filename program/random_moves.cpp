#include "program/random_moves.hpp"

#include <numbers>
#include <numeric>
#include <utility>

namespace md {

Mat3 RandomMoves::rotation() {
  const double u = uniform(), a = 2 * std::numbers::pi * uniform(),
               b = 2 * std::numbers::pi * uniform();
  const double x = std::sqrt(1 - u) * std::sin(a), y = std::sqrt(1 - u) * std::cos(a),
               z = std::sqrt(u) * std::sin(b), w = std::sqrt(u) * std::cos(b);
  return {{{1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)},
           {2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)},
           {2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)}}};
}

Vec3 RandomMoves::direction() {
  const double z = 2 * uniform() - 1, a = 2 * std::numbers::pi * uniform();
  const double r = std::sqrt(1 - z * z);
  return {r * std::cos(a), r * std::sin(a), z};
}

std::vector<int> RandomMoves::order(int n) {
  std::vector<int> result(n);
  std::iota(result.begin(), result.end(), 0);
  for (int k = n - 1; k > 0; --k)
    std::swap(result[k], result[static_cast<int>(uniform() * (k + 1))]);
  return result;
}

Structure RandomMoves::shaken(Structure system, double length) {
  for (Vec3& x : system.positions)
    for (int k = 0; k < 3; ++k) x[k] += length * (2 * uniform() - 1);
  return system;
}

}  // namespace md
