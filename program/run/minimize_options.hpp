#pragma once

#include <vector>

#include "md/minimizer/minimizer.hpp"
#include "md/potential.hpp"

namespace md {

/// Section [minimize], checked.
MinimizeOptions read_minimize_options(const Input& input);
/// Throws InputError where minimize.cell asks for what these systems or the potential lack. Returns
/// whether one is periodic.
bool check_cells(const Input& input, const MinimizeOptions& options, const Potential& potential,
                 const std::vector<Structure>& systems);
/// Throws InputError where a cell should move, of systems none of which is periodic.
void check_no_cells(const Input& input, const MinimizeOptions& options);

}  // namespace md
