#pragma once

#include "md/json.hpp"
#include "program/frequencies/thermochemistry.hpp"
#include "program/run/origin.hpp"

namespace md {

/// What is known of one system, for output.file.
Json frequencies_json(const Origin& origin, const Structure& system, const Hessian& hessian,
                      const NormalModes& modes, const Thermochemistry& thermo,
                      const ThermalConditions& conditions);

/// Every mode as `images` frames of extended XYZ over one period, the farthest atom swinging by
/// 0.3 A, with the mode itself in the column `displacement`.
void append_modes(std::string& text, const Origin& origin, const Structure& system,
                  const NormalModes& modes, int images);

}  // namespace md
