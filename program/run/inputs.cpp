#include "program/run/inputs.hpp"

#include "md/errors.hpp"
#include "program/schema.hpp"

namespace md {

std::vector<std::string> needed_by_runs() {
  return {"system.structure", "potential.name", "integrator.method", "integrator.steps",
          "output.directory"};
}

std::vector<Input> read_inputs(const CommandLine& line) {
  if (line.arguments.empty() && line.overrides.empty() && line.of_stage.empty())
    throw InputError("command line: " + line.verb +
                     " needs an input file, or all keys as --section.key=value");
  std::vector<Input> inputs;
  for (const std::string& path : line.arguments) {
    inputs.emplace_back(full_schema());
    inputs.back().read_file(path);
  }
  if (inputs.empty()) inputs.emplace_back(full_schema());
  int stage = 0;
  for (Input& input : inputs) apply_overrides(input, line, ++stage);
  return inputs;
}

}  // namespace md
