#pragma once

#include <cstdint>

#include "md/random.hpp"
#include "md/structure.hpp"

namespace md {

/// Draws velocities from the Maxwell-Boltzmann distribution at `temperature` (K), as a pure
/// function of seed and the replica's own number; not rescaled, so the kinetic energy fluctuates as
/// it should. Held atoms get none.
void draw_velocities(Structure& system, double temperature, Seed seed, std::uint32_t id);

/// Removes the velocity of the center of mass and, for aperiodic systems, the rotation about it.
/// Returns how many degrees of freedom that took: 3, and 3 more (2 for a linear molecule) with the
/// rotation. A system without velocities only counts. Held atoms keep a system from drifting: with
/// any it does nothing and returns 0.
int remove_drift(Structure& system);

}  // namespace md
