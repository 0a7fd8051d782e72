#include <string>

#include "md/cell.hpp"
#include "md/errors.hpp"
#include "md/neighbors/plan.cuh"

namespace md::neighbors {
namespace {

Box make_box(Mat3 cell, Periodicity periodic, int n_atoms, double radius, int replica) {
  Box box;
  box.periodic = periodic;
  for (int k = 0; k < 3; ++k)
    if (!periodic[k]) cell[k] = {};
  box.cell = complete_cell(cell, periodic, 1);
  box.inverse = inverse(box.cell);
  const std::array<double, 3> widths = cell_widths(box.cell);
  double n_images = 1;
  for (int k = 0; k < 3; ++k) {
    box.height[k] = widths[k];
    if (!periodic[k]) continue;
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

Plan make_plan(const std::vector<Mat3>& cells, const std::vector<Periodicity>& periodic,
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
