#pragma once

#include <string>

#include "io/checkpoint.hpp"
#include "md/errors.hpp"
#include "program/run/stage.hpp"

namespace md {

/// How a stage ended.
struct StageEnd {
  ExitCode code = ExitCode::done;
  Replicas last;
  bool ends_run = false;  // though it is done: no later stage should follow
};

/// Runs a stage to its end and writes its folder. `from` is null for a run from the start;
/// `input_text` goes into input.ini, the resolved input of the stage where it is empty. Throws
/// NumericalError when every replica is bad, or one with on_failure = stop; the folder is complete
/// then, checkpoint included.
StageEnd run_stage(const Stage& stage, const Replicas& start, const Checkpoint* from,
                   const std::string& command, const std::string& input_text = "");

}  // namespace md
