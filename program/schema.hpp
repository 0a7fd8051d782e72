#pragma once

#include "md/input/input.hpp"

namespace md {

/// Every key that an input file may hold, with the keys of all registered potentials and
/// integrators; choosing one narrows its section (see choose_components).
Input::Schema full_schema();
/// Checks potential.name (and integrator.method, where `moving`) and narrows their sections to the
/// keys that the chosen ones take. Throws InputError with the registered names.
void choose_components(Input& input, bool moving);

}  // namespace md
