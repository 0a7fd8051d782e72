#pragma once

#include <cmath>

#include "md/units.hpp"

namespace md {

/// 1 A/fs in ASE's velocity unit sqrt(eV/u), so that u v^2 is in eV.
inline const double ase_velocity = std::sqrt(units::kinetic_to_ev);

}  // namespace md
