#include "potentials/orb/net_force.hpp"

#include <algorithm>
#include <cmath>

namespace md::orb {
namespace {

/// Eigenvectors (rows) and eigenvalues of a symmetric matrix by cyclic Jacobi rotations (Golub, Van
/// Loan, Matrix Computations, section 8.5).
struct Eigen {
  Mat3 vector{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  Vec3 value;
  explicit Eigen(Mat3 a) {
    for (int sweep = 0; sweep < 30; ++sweep) {
      const double off = std::abs(a[0][1]) + std::abs(a[0][2]) + std::abs(a[1][2]);
      if (!(off > 1e-300)) break;  // also of a NaN
      for (int p = 0; p < 2; ++p)
        for (int q = p + 1; q < 3; ++q) rotate(a, p, q);
    }
    value = {a[0][0], a[1][1], a[2][2]};
  }

 private:
  void rotate(Mat3& a, int p, int q) {
    if (a[p][q] == 0) return;
    const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    const double t = std::copysign(1, theta) / (std::abs(theta) + std::hypot(theta, 1));
    const double c = 1 / std::hypot(t, 1), s = t * c;
    for (int k = 0; k < 3; ++k) {
      const double x = a[k][p], y = a[k][q];
      a[k][p] = c * x - s * y;
      a[k][q] = s * x + c * y;
    }
    const Vec3 x = a[p], y = a[q], u = vector[p], v = vector[q];
    a[p] = c * x - s * y;
    a[q] = s * x + c * y;
    a[p][q] = a[q][p] = 0;
    vector[p] = c * u - s * v;
    vector[q] = s * u + c * v;
  }
};

Vec3 mean(std::span<const Vec3> x) {
  Vec3 sum;
  for (const Vec3& one : x) sum += one;
  return (1.0 / static_cast<double>(x.size())) * sum;
}

}  // namespace

void remove_net_force(std::span<Vec3> force) {
  const Vec3 average = mean(force);
  for (Vec3& f : force) f -= average;
}

void remove_net_torque(std::span<Vec3> force, std::span<const Vec3> position) {
  const Vec3 center = mean(position);
  Vec3 torque;
  Mat3 m;
  for (std::size_t i = 0; i < force.size(); ++i) {
    const Vec3 r = position[i] - center;
    torque += cross(r, force[i]);
    m += outer(r, r);
    for (int k = 0; k < 3; ++k) m[k][k] -= dot(r, r);
  }
  const Eigen eigen(m);
  const double largest =
      std::max({std::abs(eigen.value.x), std::abs(eigen.value.y), std::abs(eigen.value.z)});
  Vec3 mu;
  for (int k = 0; k < 3; ++k)
    if (std::abs(eigen.value[k]) > 1e-10 * largest)
      mu -= (dot(eigen.vector[k], torque) / eigen.value[k]) * eigen.vector[k];
  for (std::size_t i = 0; i < force.size(); ++i) force[i] += cross(position[i] - center, mu);
}

}  // namespace md::orb
