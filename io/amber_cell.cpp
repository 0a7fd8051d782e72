#include "io/amber_cell.hpp"

#include <algorithm>
#include <numbers>

#include "md/cell.hpp"

namespace md {
namespace {

double angle_between(const Vec3& a, const Vec3& b) {
  const double cosine = std::clamp(dot(a, b) / (norm(a) * norm(b)), -1.0, 1.0);
  return cosine == 0 ? 90 : std::acos(cosine) * (180 / std::numbers::pi);
}

double degrees_cosine(double angle) {
  return angle == 90 ? 0 : std::cos(angle * std::numbers::pi / 180);
}

}  // namespace

Mat3 cell_from(const double (&length)[3], const double (&angle)[3]) {
  const double ca = degrees_cosine(angle[0]), cb = degrees_cosine(angle[1]);
  const double cg = degrees_cosine(angle[2]), sg = std::sqrt(1 - cg * cg);
  const double y = (ca - cb * cg) / sg;
  return {
      {{length[0], 0, 0},
       {length[1] * cg, length[1] * sg, 0},
       {length[2] * cb, length[2] * y, length[2] * std::sqrt(std::max(0.0, 1 - cb * cb - y * y))}}};
}

AmberCell amber_cell(const Mat3& cell, Periodicity periodic) {
  Mat3 m = complete_cell(cell, periodic, 1000);
  if (determinant(m) < 0) m[2] = -m[2];
  AmberCell result{};
  for (int k = 0; k < 3; ++k) {
    result.length[k] = norm(m[k]);
    result.angle[k] = angle_between(m[(k + 1) % 3], m[(k + 2) % 3]);
  }
  const bool in_place = m[0].y == 0 && m[0].z == 0 && m[0].x > 0 && m[1].z == 0 && m[1].y > 0;
  if (in_place) return result;
  const Vec3 e1 = (1 / norm(m[0])) * m[0];
  const Vec3 normal = cross(m[0], m[1]);
  const Vec3 e3 = (1 / norm(normal)) * normal;
  result.rotated = true;
  result.to_new = transpose(Mat3{{e1, cross(e3, e1), e3}});
  return result;
}

bool share_one_cell(const std::vector<Mat3>& cells, const std::vector<Periodicity>& periodic) {
  if (cells.empty() || cells.size() != periodic.size()) return false;
  if (!periodic[0].any()) return false;
  for (std::size_t r = 0; r < cells.size(); ++r) {
    if (periodic[r] != periodic[0]) return false;
    for (int k = 0; k < 9; ++k)
      if (cells[r][k / 3][k % 3] != cells[0][k / 3][k % 3]) return false;
  }
  return true;
}

}  // namespace md
