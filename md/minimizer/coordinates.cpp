#include "md/minimizer/coordinates.hpp"

#include <algorithm>

namespace md {
namespace {

Mat3 product(const Mat3& a, const Mat3& b) { return {{a[0] * b, a[1] * b, a[2] * b}}; }

}  // namespace

Coordinates::Coordinates(const Structure& start, CellRelaxation cell)
    : cell_(start.periodic.all() ? cell : CellRelaxation::no),
      start_(start.cell),
      length_(2 * std::sqrt(start.size())),
      values_(start.positions) {
  if (!cell_moves()) return;
  for (int k = 0; k < 3; ++k) {
    Vec3 row;
    row[k] = length_;
    values_.push_back(row);
  }
}

Mat3 Coordinates::deformation() const {
  const auto rows = values_.end() - 3;
  return (1 / length_) * Mat3{{rows[0], rows[1], rows[2]}};
}

void Coordinates::place(Structure& system) const {
  std::copy_n(values_.begin(), system.size(), system.positions.begin());
  if (!cell_moves()) return;
  const Mat3 d = deformation();
  for (Vec3& x : system.positions) x = x * d;
  system.cell = product(start_, d);
}

Mat3 Coordinates::followed(const Mat3& m) const {
  if (cell_ == CellRelaxation::full) {
    Mat3 symmetric = m;
    symmetric += transpose(m);
    return 0.5 * symmetric;
  }
  const double mean = (m[0].x + m[1].y + m[2].z) / 3;
  return {{{mean, 0, 0}, {0, mean, 0}, {0, 0, mean}}};
}

std::vector<Vec3> Coordinates::forces(const Structure& system, const Evaluation& result) const {
  std::vector<Vec3> forces = result.forces;
  for (int i = 0; i < system.size(); ++i)
    if (system.is_fixed(i)) forces[i] = {};
  if (!cell_moves()) return forces;
  const Mat3 d = deformation();
  for (Vec3& f : forces) f = f * transpose(d);
  const Mat3 of_cell = followed(product(transpose(inverse(d)), result.virial));
  for (int k = 0; k < 3; ++k) forces.push_back((1 / length_) * of_cell[k]);
  return forces;
}

double Coordinates::largest_stress(const Structure& system, const Evaluation& result) const {
  if (!cell_moves()) return 0;
  const Mat3 stress = (1 / std::abs(determinant(system.cell))) * followed(result.virial);
  double largest = 0;
  for (int k = 0; k < 9; ++k) largest = larger(largest, std::abs(stress[k / 3][k % 3]));
  return largest;
}

}  // namespace md
