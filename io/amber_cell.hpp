#pragma once

#include <vector>

#include "md/periodicity.hpp"
#include "md/vec3.hpp"

namespace md {

/// A cell as AMBER and PDB files hold it, and the rotation that brings the system there.
struct AmberCell {
  double length[3];      // A
  double angle[3];       // degrees: alpha (b,c), beta (a,c), gamma (a,b)
  bool rotated = false;  // false: the axes stay as they are
  Mat3 to_new;           // x_new = x * to_new when rotated
  /// A position, velocity or force turned to where the cell is.
  Vec3 apply(const Vec3& v) const { return rotated ? v * to_new : v; }
};

/// a along +x, b in the xy plane with positive y. A left-handed cell gives the same lattice with c
/// reversed. Directions that are not periodic and have no cell vector get one of 1000 A.
AmberCell amber_cell(const Mat3& cell, Periodicity periodic);

/// Lengths (A) and angles (degrees) to rows with a along x and b in the xy plane.
Mat3 cell_from(const double (&length)[3], const double (&angle)[3]);

/// The cell that a whole packed batch shares: its replica 0's when all are periodic with that cell.
bool share_one_cell(const std::vector<Mat3>& cells, const std::vector<Periodicity>& periodic);

}  // namespace md
