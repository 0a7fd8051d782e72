#pragma once

#include "md/structure.hpp"

namespace md {

/// Gives every hydrogen this mass (u) and takes the difference from the nearest other atom, so that
/// no molecule changes its mass and longer time steps are possible. Throws InputError naming
/// `source` where a hydrogen has no other atom within 1.6 A, or where that one would become
/// lighter than its hydrogens.
void repartition_hydrogen(Structure& structure, double mass);

}  // namespace md
