#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// Every frame of plain or extended XYZ. A comment line with Properties, Lattice or pbc makes a
/// frame extended. Columns: species or Z, pos (A), momenta (ASE's unit) or velocities, velo, vel
/// (A/fs), masses (u, for momenta only); others are skipped. Without pbc a Lattice is periodic
/// everywhere.
std::vector<Structure> read_xyz(const std::string& path, std::string_view text);

}  // namespace md
