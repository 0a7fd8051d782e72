#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "md/input/input.hpp"

namespace md {

using Overrides = std::vector<std::pair<std::string, std::string>>;  // section.key, value

/// The words after the program's name, taken apart.
struct CommandLine {
  std::string verb;
  std::vector<std::string> arguments;  // input files, folders
  Overrides overrides;                 // --section.key=value: of every stage
  std::map<int, Overrides> of_stage;   // --2.section.key=value: of one, counted from 1
  std::string text;                    // as typed, for summary.json
};

/// Throws InputError with the nearest right name for a verb or key that is not there, and for a
/// stage that is not there.
CommandLine parse_command_line(int argc, const char* const* argv);

/// Puts overrides of the command line on top of an input, those of its stage last. steps replaces a
/// time of the file and the other way round; the value "default" forgets that of the file.
void apply_overrides(Input& input, const CommandLine& line, int stage = 1);

}  // namespace md
