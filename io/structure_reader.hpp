#pragma once

#include <string>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// Every frame of a structure file as one system: plain or extended XYZ (.xyz, .extxyz), PDB (.pdb,
/// .ent). `source` of each is the path, with the frame's number (from 1) where there are several.
/// Throws InputError "path:line: what is wrong and what is wanted"; see validate() for what a file
/// cannot say.
std::vector<Structure> read_structures(const std::string& path);

}  // namespace md
