#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <tuple>
#include <vector>

#include "md/neighbors/neighbors.hpp"
#include "tests/device.hpp"

namespace md::test {

/// A neighbor as (atom, rounded vector in units of 1e-6 A): images of one atom differ in the
/// vector.
using Entry = std::tuple<int, long long, long long, long long>;

inline Entry entry(int j, const Vec3& d) {
  return {j, std::llround(d.x * 1e6), std::llround(d.y * 1e6), std::llround(d.z * 1e6)};
}

/// A pair of the definition: all (j, n) with |x_j + n C - x_i| <= radius, found by looking at every
/// image that can matter, with none of the engine's code. The number of images comes from the
/// volume and the areas of the faces; positions may be any number of cells away.
struct BruteForce {
  std::vector<std::vector<std::pair<Entry, double>>> rows;  // with the distance

  BruteForce(const Structure& s, double radius) : rows(s.size()) {
    const Mat3& c = s.cell;
    for (int i = 0; i < s.size(); ++i)
      for (int j = 0; j < s.size(); ++j) {
        const Vec3 d0 = s.positions[j] - s.positions[i];
        // n_k ranges where the plane distance |(d0 + n C) . normal_k| <= radius.
        long low[3] = {0, 0, 0}, high[3] = {0, 0, 0};
        for (int k = 0; k < 3; ++k) {
          if (!s.periodic[k]) continue;
          const Vec3 normal = normal_of(s, k);
          const double step = dot(c[k], normal), at = dot(d0, normal);
          const double a = (-radius - at) / step, b = (radius - at) / step;
          low[k] = static_cast<long>(std::floor(std::min(a, b))) - 1;
          high[k] = static_cast<long>(std::ceil(std::max(a, b))) + 1;
        }
        for (long n0 = low[0]; n0 <= high[0]; ++n0)
          for (long n1 = low[1]; n1 <= high[1]; ++n1)
            for (long n2 = low[2]; n2 <= high[2]; ++n2) {
              if (i == j && n0 == 0 && n1 == 0 && n2 == 0) continue;
              Vec3 d = d0;
              const long n[3] = {n0, n1, n2};
              for (int k = 0; k < 3; ++k)
                if (s.periodic[k]) d += double(n[k]) * c[k];
              if (norm(d) <= radius) rows[i].push_back({entry(j, d), norm(d)});
            }
      }
    for (auto& row : rows) std::sort(row.begin(), row.end());
  }

 private:
  /// Unit vector normal to the other periodic rows, within the space of the periodic rows.
  static Vec3 normal_of(const Structure& s, int k) {
    Vec3 others[2];
    int n = 0;
    for (int m = 0; m < 3; ++m)
      if (m != k && s.periodic[m]) others[n++] = s.cell[m];
    Vec3 v = s.cell[k];
    if (n >= 1) v -= (dot(v, others[0]) / dot(others[0], others[0])) * others[0];
    if (n == 2) {
      Vec3 b = others[1];
      b -= (dot(b, others[0]) / dot(others[0], others[0])) * others[0];
      v -= (dot(v, b) / dot(b, b)) * b;
    }
    return (1 / norm(v)) * v;
  }
};

/// A random system of n atoms at about `density` atoms per A^3. Periodic ones get a cell whose rows
/// are skewed by up to `skew` of each other, and atoms `far` cells away.
inline Structure random_structure(std::mt19937& random, int n, double density, int periodic,
                                  double skew, double far) {
  std::uniform_real_distribution<double> uniform(0, 1), both(-1, 1);
  const double side = std::cbrt(n / density);
  Structure s;
  const double a = side * (0.6 + 0.8 * uniform(random)), b = side * (0.6 + 0.8 * uniform(random));
  s.cell = {{{a, 0, 0}, {skew * both(random) * a, b, 0}, {}}};
  s.cell[2] = {skew * both(random) * a, skew * both(random) * b, side * side * side / (a * b)};
  // Turned, so that nothing lies along the axes by chance.
  const double turn = 6 * uniform(random);
  for (int k = 0; k < 3; ++k) {
    const Vec3 v = s.cell[k];
    s.cell[k] = {std::cos(turn) * v.x - std::sin(turn) * v.z, v.y,
                 std::sin(turn) * v.x + std::cos(turn) * v.z};
  }
  s.periodic = Periodicity::from_bits(periodic);
  for (int i = 0; i < n; ++i) {
    s.numbers.push_back(18);
    Vec3 f{uniform(random), uniform(random), uniform(random)};
    for (int k = 0; k < 3; ++k)
      if (s.periodic[k]) f[k] += std::floor(far * both(random));
    s.positions.push_back(f * s.cell);
  }
  if (periodic == 0) s.cell = {};
  return s;
}

inline State make_state(const std::vector<Structure>& systems) {
  return State(test_device(), systems, std::vector<ReplicaSettings>(systems.size()));
}

/// Rows of replica r as sorted entries with their distances.
inline std::vector<std::vector<std::pair<Entry, double>>> rows_of(const State& state,
                                                                  const NeighborView& v, int r) {
  std::vector<std::vector<std::pair<Entry, double>>> rows;
  const int begin = state.first_atom()[r];
  for (int i = begin; i < state.first_atom()[r + 1]; ++i) {
    rows.emplace_back();
    for (std::int64_t k = v.row[i]; k < v.row[i] + v.count[i]; ++k) {
      const Vec3 d = v.vector(r, i, k);
      rows.back().push_back({entry(v.atom[k] - begin, d), norm(d)});
    }
    std::sort(rows.back().begin(), rows.back().end());
  }
  return rows;
}

}  // namespace md::test
