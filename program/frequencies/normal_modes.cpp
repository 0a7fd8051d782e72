#include "program/frequencies/normal_modes.hpp"

#include <algorithm>
#include <numbers>

#include "md/symmetric_eigen.hpp"
#include "md/units.hpp"

namespace md {
namespace {

using Rows = std::vector<std::vector<double>>;

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Motions of the whole system that cost no energy, orthonormal in mass-weighted coordinates.
Rows rigid_motions(const Structure& system, const Hessian& hessian, const PotentialTraits& traits) {
  Rows rows;
  if (system.n_fixed() > 0 || !traits.translation_invariant) return rows;
  const RigidBody body = rigid_body(system);
  const auto add = [&](const auto& motion) {
    std::vector<double> row;
    for (const int i : hessian.atoms) {
      const Vec3 v = std::sqrt(system.mass(i)) * motion(system.positions[i] - body.center);
      row.insert(row.end(), {v.x, v.y, v.z});
    }
    for (const auto& before : rows) {
      const double share = product(before, row);
      for (std::size_t k = 0; k < row.size(); ++k) row[k] -= share * before[k];
    }
    const double length = std::sqrt(product(row, row));
    for (double& x : row) x /= length;
    rows.push_back(std::move(row));
  };
  for (int k = 0; k < 3; ++k)
    add([&](const Vec3&) {
      Vec3 v;
      v[k] = 1;
      return v;
    });
  if (system.periodic.any() || !traits.rotation_invariant) return rows;
  for (int k = 3 - body.rotations(); k < 3; ++k)
    add([&](const Vec3& r) { return cross(body.axes[k], r); });
  return rows;
}

/// m <- P m P with P = 1 - sum v v^T, and the projected directions far above all others.
void project_out(std::vector<double>& m, std::size_t n, const Rows& rows) {
  for (const auto& v : rows) {
    std::vector<double> mv(n, 0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < n; ++k) mv[i] += m[i * n + k] * v[k];
    const double vmv = product(v, mv);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < n; ++k)
        m[i * n + k] += -v[i] * mv[k] - mv[i] * v[k] + vmv * v[i] * v[k];
  }
  double above = 1;  // the largest sum of a row bounds every eigenvalue
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += std::abs(m[i * n + k]);
    above = std::max(above, 2 * sum);
  }
  for (const auto& v : rows)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < n; ++k) m[i * n + k] += above * v[i] * v[k];
}

/// cm^-1 of an eigenvalue in eV/(A^2 u).
double wavenumber(double eigenvalue) {
  const double omega = std::sqrt(std::abs(eigenvalue) * units::force_to_acceleration);  // 1/fs
  const double value = omega / (2 * std::numbers::pi * units::light_speed);
  return eigenvalue < 0 ? -value : value;
}

std::vector<double> rigid_wavenumbers(const std::vector<double>& m, std::size_t n,
                                      const Rows& rows) {
  std::vector<double> block;  // of the rigid motions among themselves
  for (const auto& a : rows)
    for (const auto& b : rows) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < n; ++k) sum += a[i] * m[i * n + k] * b[k];
      block.push_back(sum);
    }
  std::vector<double> values = symmetric_eigen(std::move(block), rows.size()).values;
  for (double& value : values) value = wavenumber(value);
  return values;
}

}  // namespace

int RigidBody::rotations() const {
  if (!(moments[2] > 1e-8)) return 0;
  // A linear molecule is bent a little where it was brought to rest within a tolerance.
  return moments[0] > 1e-4 * moments[2] ? 3 : 2;
}

RigidBody rigid_body(const Structure& system) {
  RigidBody body;
  for (int i = 0; i < system.size(); ++i) {
    body.mass += system.mass(i);
    body.center += system.mass(i) * system.positions[i];
  }
  body.center *= 1 / body.mass;
  std::vector<double> inertia(9, 0);
  for (int i = 0; i < system.size(); ++i) {
    const Vec3 r = system.positions[i] - body.center;
    const Mat3 rr = outer(r, r);
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b)
        inertia[3 * a + b] += system.mass(i) * ((a == b ? dot(r, r) : 0) - rr[a][b]);
  }
  const SymmetricEigen eigen = symmetric_eigen(std::move(inertia), 3);
  for (int k = 0; k < 3; ++k) {
    body.moments[k] = eigen.values[k];
    body.axes[k] = {eigen.vectors[3 * k], eigen.vectors[3 * k + 1], eigen.vectors[3 * k + 2]};
  }
  return body;
}

int NormalModes::n_imaginary() const {
  return static_cast<int>(std::ranges::count_if(wavenumbers, [](double w) { return w < 0; }));
}

NormalModes normal_modes(const Structure& system, const Hessian& hessian,
                         const PotentialTraits& traits) {
  const std::size_t n = 3 * hessian.atoms.size();
  std::vector<double> weighted = hessian.values;
  const auto mass = [&](std::size_t k) { return system.mass(hessian.atoms[k / 3]); };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k) weighted[i * n + k] /= std::sqrt(mass(i) * mass(k));
  const Rows rigid = rigid_motions(system, hessian, traits);
  NormalModes modes;
  modes.rigid = rigid_wavenumbers(weighted, n, rigid);
  project_out(weighted, n, rigid);
  const SymmetricEigen eigen = symmetric_eigen(std::move(weighted), n);
  for (std::size_t m = 0; m + rigid.size() < n; ++m) {
    modes.wavenumbers.push_back(wavenumber(eigen.values[m]));
    std::vector<Vec3> moved(system.positions.size());
    double square = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const double x = eigen.vectors[m * n + k] / std::sqrt(mass(k));
      moved[hessian.atoms[k / 3]][static_cast<int>(k % 3)] = x;
      square += x * x;
    }
    for (Vec3& v : moved) v *= 1 / std::sqrt(square);
    modes.displacements.push_back(std::move(moved));
  }
  return modes;
}

}  // namespace md
