#include "md/velocities.hpp"

#include <array>
#include <cmath>

#include "md/random.hpp"
#include "md/units.hpp"

namespace md {
namespace {

/// Eigenvalues and eigenvectors (rows) of a symmetric matrix by cyclic Jacobi rotations.
void diagonalise(Mat3& m, Mat3& vectors) {
  vectors = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int sweep = 0; sweep < 30; ++sweep)
    for (int p = 0; p < 2; ++p)
      for (int q = p + 1; q < 3; ++q) {
        if (m[p][q] == 0) continue;
        const double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < 3; ++k) {
          const double a = m[k][p], b = m[k][q];
          m[k][p] = c * a - s * b;
          m[k][q] = s * a + c * b;
        }
        for (int k = 0; k < 3; ++k) {
          const double a = m[p][k], b = m[q][k];
          m[p][k] = c * a - s * b;
          m[q][k] = s * a + c * b;
          const double u = vectors[p][k], v = vectors[q][k];
          vectors[p][k] = c * u - s * v;
          vectors[q][k] = s * u + c * v;
        }
      }
}

}  // namespace

void draw_velocities(Structure& system, double temperature, Seed seed, std::uint32_t id) {
  system.velocities.resize(system.numbers.size());
  for (int i = 0; i < system.size(); ++i) {
    const double mass = system.mass(i);
    const double width = std::sqrt(units::boltzmann * temperature / (units::kinetic_to_ev * mass));
    system.velocities[i] = width * normal3(seed, id, 0, i, Draw::initial_velocity);
    if (system.is_fixed(i)) system.velocities[i] = {};
  }
}

int remove_drift(Structure& system) {
  if (system.n_fixed() > 0) return 0;
  const int n = system.size();
  std::vector<Vec3> v = system.velocities;
  v.resize(n);
  double total = 0;
  Vec3 center, momentum;
  for (int i = 0; i < n; ++i) {
    const double mass = system.mass(i);
    total += mass;
    center += mass * system.positions[i];
    momentum += mass * v[i];
  }
  center *= 1 / total;
  for (Vec3& velocity : v) velocity -= (1 / total) * momentum;
  int removed = 3;

  if (!system.periodic.any()) {
    Mat3 inertia{}, axes;
    Vec3 angular;
    for (int i = 0; i < n; ++i) {
      const double mass = system.mass(i);
      const Vec3 r = system.positions[i] - center;
      const Mat3 rr = outer(r, r);
      for (int k = 0; k < 3; ++k) {
        inertia[k][k] += mass * dot(r, r);
        inertia[k] -= mass * rr[k];
      }
      angular += mass * cross(r, v[i]);
    }
    diagonalise(inertia, axes);
    const double largest = std::max({inertia[0][0], inertia[1][1], inertia[2][2]});
    // A linear molecule has no inertia about its axis, a single atom about none.
    Vec3 omega;
    for (int k = 0; k < 3; ++k) {
      if (inertia[k][k] <= 1e-8 * largest || largest < 1e-8) continue;
      omega += (dot(axes[k], angular) / inertia[k][k]) * axes[k];
      ++removed;
    }
    for (int i = 0; i < n; ++i) v[i] -= cross(omega, system.positions[i] - center);
  }
  if (!system.velocities.empty()) system.velocities = std::move(v);
  return removed;
}

}  // namespace md
