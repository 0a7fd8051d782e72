#pragma once

#include <string>

#include "program/run/run_loop.hpp"

namespace md {

/// A stage with integrator.method = minimize: brings every running replica to rest, then writes
/// what a run writes, its first and its last frame. Nothing is written before, and a signal ends
/// the program at once. Velocities are gone afterwards.
StageEnd minimize_stage(const Stage& stage, const Replicas& start, const std::string& command,
                        const std::string& input_text);

}  // namespace md
