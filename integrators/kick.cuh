#pragma once

#include "md/state.hpp"
#include "md/units.hpp"

namespace md {

struct Kick {  // v += dt f/m
  StateView s;
  double dt;
  MD_HD void operator()(int i) const {
    if (!s.moves(i)) return;
    s.velocity[i] += (dt * units::force_to_acceleration / s.mass[i]) * s.force[i];
  }
};

}  // namespace md
