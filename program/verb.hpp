#pragma once

#include <functional>
#include <string>
#include <vector>

#include "md/errors.hpp"
#include "md/registry.hpp"
#include "program/command_line.hpp"

namespace md {

/// Something that `understudy` can do. A verb registers itself from its own file.
struct Verb {
  int order = 0;        // its place in `understudy --help`
  std::string usage;    // "run INPUT.ini [...]"; in the overview
  std::string summary;  // one line on it
  std::string help;     // what `understudy help VERB` begins with
  /// Sections of the input file that it takes. Those of a run may stand in its input, so that one
  /// file serves several verbs; any other section is refused.
  std::vector<std::string> sections;
  /// Throws the errors of md/errors.hpp; main() turns them into exit codes.
  std::function<ExitCode(const CommandLine&)> run;
  std::vector<std::string> needed = {};  // keys that a user must give
  bool stages = false;  // several input files follow each other: --2.section.key is of the second
};

Registry<Verb>& verbs();
/// Their names in the order of the overview.
std::vector<std::string> verbs_in_order();

}  // namespace md
