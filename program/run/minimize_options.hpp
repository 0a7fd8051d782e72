#pragma once

#include <vector>

#include "md/minimizer/minimizer.hpp"
#include "md/potential.hpp"

namespace md {

/// Section [minimize], checked.
MinimizeOptions read_minimize_options(const Input& input);
/// Throws InputError where minimize.cell asks for what these systems or the potential lack.
void check_cells(const Input& input, const MinimizeOptions& options, const Potential& potential,
                 const std::vector<Structure>& systems);

}  // namespace md
