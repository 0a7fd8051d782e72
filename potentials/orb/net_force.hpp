#pragma once

#include <span>

#include "md/vec3.hpp"

namespace md::orb {

/// Takes the mean from the forces of a system. [n] eV/A.
void remove_net_force(std::span<Vec3> force);

/// Adds r_i x mu to forces without a net force, r_i from the mean position, so that the net torque
/// vanishes too: the smallest such change. (sum r_i r_i^T - sum |r_i|^2) mu = - sum r_i x F_i is
/// solved by the pseudo-inverse, since it is singular for atoms on a line. Positions in A.
void remove_net_torque(std::span<Vec3> force, std::span<const Vec3> position);

}  // namespace md::orb
