#pragma once

#include <vector>

#include "md/structure.hpp"

namespace md {

/// Length of the sum of the directions from atom i to its neighbors over their number, both
/// weighted by half a cosine that ends at 3 A, images left out. 0: they cancel; 1: all on one side.
double asymmetry(const Structure& system, int i);

/// The atoms whose neighbors' directions cancel to a tenth. There the vector features of an
/// equivariant network vanish all at once.
std::vector<int> symmetric_centers(const Structure& system);

}  // namespace md
