#pragma once

#include <string>
#include <vector>

#include "md/input/input.hpp"
#include "program/command_line.hpp"

namespace md {

/// Keys that every run must be given.
std::vector<std::string> needed_by_runs();

/// The inputs of the stages of a run: a file each, with the keys of the command line on top; or one
/// that the command line holds alone. Throws InputError where there is neither.
std::vector<Input> read_inputs(const CommandLine& line);

}  // namespace md
