#include <fmt/format.h>

#include "md/potential.hpp"
#include "potentials/support/model_info.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

ExitCode models_verb(const CommandLine& line) {
  for (const auto& [key, value] : line.overrides)
    if (key != "run.plugins")
      throw InputError("command line: models takes a file and no key but run.plugins, not --" +
                       key);
  if (line.arguments.size() > 1)
    throw InputError("command line: models takes one file, not " +
                     std::to_string(line.arguments.size()));
  if (!line.arguments.empty()) {
    fmt::print("{}", describe_model(line.arguments[0]));
    return ExitCode::done;
  }
  for (const auto& [name, entry] : potentials().entries()) {
    fmt::print("{:<16}{}\n", name, entry.help);
    for (const Key& key : entry.keys)
      fmt::print("    potential.{:<16}{}{}\n", key.name, key.help,
                 key.initial.empty() ? "" : " [" + key.initial + "]");
  }
  return ExitCode::done;
}

const bool registered =
    verbs().add("models", {80,
                           "models [FILE]",
                           "the potentials there are; of a model file: what is in it",
                           R"(understudy models [FILE]
Without FILE the potentials of this program. Of a .safetensors or .ts file: architecture, number of
parameters module by module, cutoff, elements, units, teacher and SHA-256.
)",
                           {},
                           models_verb});

}  // namespace
}  // namespace md
