#pragma once

#include <vector>

#include "md/input/input.hpp"
#include "md/structure.hpp"

namespace md {

/// Holds the atoms of system.fixed in place, where it is given instead of those that a file holds;
/// `none` holds none. Throws InputError for a number that a system does not have.
void hold_atoms(const Input& input, std::vector<Structure>& systems);

/// Masses of hydrogen as system.hydrogen_mass says, where it is given.
void set_hydrogen_mass(const Input& input, std::vector<Structure>& systems);

}  // namespace md
