#include "program/run/inputs.hpp"

#include <map>

#include "md/errors.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

/// Every stage gets its place as its number, unless it says one. Throws InputError where two would
/// draw the same random numbers.
void number_stages(std::vector<Input>& stages) {
  std::map<std::pair<std::string, std::int64_t>, std::size_t> taken;  // by seed and number
  for (std::size_t k = 0; k < stages.size(); ++k) {
    Input& input = stages[k];
    if (k > 0 && !input.has("integrator.stage"))
      input.set("integrator.stage", std::to_string(k + 1), "stage " + std::to_string(k + 1));
    const auto [first, fresh] = taken.emplace(
        std::pair(input.text("integrator.seed"), input.integer("integrator.stage")), k);
    if (!fresh)
      input.fail("integrator.stage",
                 "stage " + std::to_string(k + 1) + " would draw the random numbers of stage " +
                     std::to_string(first->second + 1) + "; give it another one, or none");
  }
}

}  // namespace

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
  number_stages(inputs);
  return inputs;
}

}  // namespace md
