#pragma once

#include <string>
#include <utility>
#include <vector>

#include "md/input/input.hpp"

namespace md {

/// The words after the program's name, taken apart.
struct CommandLine {
  std::string verb;
  std::vector<std::string> arguments;                          // input files, folders
  std::vector<std::pair<std::string, std::string>> overrides;  // section.key, value
  bool help = false;
  std::string text;  // as typed, for summary.json
};

/// Throws InputError with the nearest right name for a verb or key that is not there.
CommandLine parse_command_line(int argc, const char* const* argv);

/// Puts overrides of the command line on top of an input. steps replaces a time of the file and the
/// other way round.
void apply_overrides(Input& input, const CommandLine& line);

}  // namespace md
