#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// ATOM and HETATM records of every model (MODEL ... ENDMDL), alternate locations blank and A.
/// Elements from columns 77-78, else from the atom's name. CRYST1 makes all directions periodic
/// (a along x, b in the xy plane) unless it is the 1 x 1 x 1 A of systems without a cell.
std::vector<Structure> read_pdb(const std::string& path, std::string_view text);

}  // namespace md
