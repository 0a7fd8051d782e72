#pragma once

#include <array>

#include "md/periodicity.hpp"
#include "md/vec3.hpp"

namespace md {

/// A cell with three independent rows: those of non-periodic directions that are zero or lie in the
/// span of the others are replaced by vectors of `length` (A) at right angles to the rest. Periodic
/// rows stay as they are.
inline Mat3 complete_cell(Mat3 cell, Periodicity periodic, double length) {
  const auto independent = [&](int k) {
    const Vec3& a = cell[(k + 1) % 3];
    const Vec3& b = cell[(k + 2) % 3];
    const double scale = norm(a) * norm(b) * norm(cell[k]);
    return scale > 0 && std::abs(determinant(cell)) > 1e-6 * scale;
  };
  std::array<bool, 3> fixed{periodic[0], periodic[1], periodic[2]};
  for (int k = 0; k < 3; ++k)
    if (!fixed[k] && independent(k)) fixed[k] = true;
  for (int k = 0; k < 3; ++k) {
    if (fixed[k]) continue;
    // At right angles to the fixed rows; with fewer than two of them, to them and to axes.
    Vec3 basis[2];
    int n = 0;
    for (int j = 0; j < 3; ++j)
      if (fixed[j] && n < 2) basis[n++] = cell[j];
    Vec3 best{};
    for (int axis = 0; axis < 3; ++axis) {
      Vec3 v{};
      v[axis] = 1;
      if (n == 2) {
        v = cross(basis[0], basis[1]);
      } else if (n == 1) {
        v -= (dot(v, basis[0]) / dot(basis[0], basis[0])) * basis[0];
      } else {
        v = {k == 0 ? 1.0 : 0.0, k == 1 ? 1.0 : 0.0, k == 2 ? 1.0 : 0.0};
      }
      if (norm(v) > norm(best)) best = v;
    }
    const double size = norm(best);
    cell[k] = size > 0 ? (length / size) * best : Vec3{};
    fixed[k] = true;
  }
  return cell;
}

/// Distances between the opposite faces of a cell, A; 0 for a cell without volume.
inline std::array<double, 3> cell_widths(const Mat3& cell) {
  std::array<double, 3> widths{};
  for (int k = 0; k < 3; ++k) {
    const double area = norm(cross(cell[(k + 1) % 3], cell[(k + 2) % 3]));
    widths[k] = area > 0 ? std::abs(determinant(cell)) / area : 0;
  }
  return widths;
}

}  // namespace md
