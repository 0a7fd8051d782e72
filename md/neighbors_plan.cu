#include "md/neighbors_plan.cuh"

#include <string>

#include "md/errors.hpp"

namespace md::neighbors {
namespace {

Vec3 unit(const Vec3& a) { return (1 / norm(a)) * a; }

/// Replaces the rows that are not periodic by unit vectors normal to all others.
Mat3 complete(Mat3 cell, int periodic) {
  const auto is_periodic = [&](int k) { return (periodic >> k & 1) != 0; };
  const int n = is_periodic(0) + is_periodic(1) + is_periodic(2);
  if (n == 0) return {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int k = 0; k < 3; ++k) {
    const int next = (k + 1) % 3, last = (k + 2) % 3;
    if (n == 2 && !is_periodic(k)) cell[k] = unit(cross(cell[next], cell[last]));
    if (n == 1 && is_periodic(k)) {
      int smallest = 0;
      for (int m = 1; m < 3; ++m)
        if (std::fabs(cell[k][m]) < std::fabs(cell[k][smallest])) smallest = m;
      Vec3 axis;
      axis[smallest] = 1;
      cell[next] = unit(cross(cell[k], axis));
      cell[last] = unit(cross(cell[k], cell[next]));
    }
  }
  return cell;
}

Box make_box(const Mat3& cell, int periodic, int n_atoms, double radius, int replica) {
  Box box;
  box.periodic = periodic;
  box.cell = complete(cell, periodic);
  box.inverse = inverse(box.cell);
  const Mat3 columns = transpose(box.inverse);
  double n_images = 1;
  for (int k = 0; k < 3; ++k) {
    box.height[k] = 1 / norm(columns[k]);
    if (!(periodic >> k & 1)) continue;
    const double images = std::ceil(radius / box.height[k] + 1e-6);
    n_images *= 2 * images + 1;
    // Written so that a NaN fails it.
    if (!(n_images < 1e6))
      throw InputError("system.structure: the cell of replica " + std::to_string(replica) +
                       " is too thin for neighbors within " + std::to_string(radius) +
                       " A (cutoff and skin); repeat it along its short directions");
    box.images[k] = static_cast<int>(images);
  }
  // Below this many pairs for an atom, looking at all is quicker than looking at cells.
  box.max_cells = n_atoms * n_images <= 200 ? 1 : 2 * n_atoms;
  return box;
}

}  // namespace

Plan make_plan(const std::vector<Mat3>& cells, const std::vector<int>& periodic,
               const std::vector<int>& first_atom, double radius) {
  Plan plan;
  plan.first_shift.push_back(0);
  for (int r = 0; r < static_cast<int>(cells.size()); ++r) {
    const int n_atoms = first_atom[r + 1] - first_atom[r];
    Box box = make_box(cells[r], periodic[r], n_atoms, radius, r);
    box.first_cell = static_cast<int>(plan.cell_replica.size());
    plan.cell_replica.resize(plan.cell_replica.size() + box.max_cells + 1, r);
    for (int n0 = -box.images[0]; n0 <= box.images[0]; ++n0)
      for (int n1 = -box.images[1]; n1 <= box.images[1]; ++n1)
        for (int n2 = -box.images[2]; n2 <= box.images[2]; ++n2)
          plan.shifts.push_back(Vec3{double(n0), double(n1), double(n2)} * box.cell);
    plan.first_shift.push_back(static_cast<int>(plan.shifts.size()));
    plan.boxes.push_back(box);
  }
  return plan;
}

}  // namespace md::neighbors
