#include <fmt/format.h>

#include <cmath>

#include "io/extended_xyz.hpp"
#include "md/program/evaluator.hpp"
#include "md/program/folder.hpp"
#include "md/program/progress.hpp"
#include "md/program/run_options.hpp"
#include "md/program/schema.hpp"
#include "md/program/verbs.hpp"
#include "md/simulation.hpp"

namespace md {
namespace {

std::vector<Structure> read_frames(const Input& input) {
  std::vector<Structure> frames;
  for (const std::string& path : input.files("system.structure"))
    for (Structure& frame : read_structure_file(input, path)) frames.push_back(std::move(frame));
  return frames;
}

/// Results of one batch, appended to `text`. Throws NumericalError for a frame without an energy.
void append_results(std::string& text, const std::vector<Structure>& systems, const Frame& results,
                    bool with_stress) {
  std::size_t first = 0;
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const Structure& system = systems[r];
    const std::size_t n = system.numbers.size();
    bool finite = std::isfinite(results.potential[r]);
    for (std::size_t i = first; i < first + n; ++i)
      finite = finite && std::isfinite(norm(results.force[i]));
    if (!finite)
      throw NumericalError(system.source + ": its energy or a force is not a finite number");
    ExtendedXyzFields fields;
    fields.energy = results.potential[r];
    fields.forces = std::span(results.force).subspan(first, n);
    const bool solid = system.periodic[0] && system.periodic[1] && system.periodic[2];
    if (with_stress && solid) fields.stress = results.stress[r];
    append_extended_xyz(text, {system.numbers, system.positions, {}, system.cell, system.periodic},
                        fields);
    first += n;
  }
}

}  // namespace

ExitCode energy_verb(const CommandLine& line) {
  if (line.arguments.size() > 1)
    throw InputError(
        "command line: energy takes at most one input file, and keys as --section.key=value");
  Input input(full_schema());
  if (!line.arguments.empty()) input.read_file(line.arguments[0]);
  apply_overrides(input, line);
  choose_components(input, false);
  const std::string target = input.file("output.file");
  const std::vector<Structure> frames = read_frames(input);
  const Device device = read_device(input);
  std::unique_ptr<Potential> potential = make_potential(input, device);
  check_systems(input, *potential, device, frames);
  const bool virial = potential->traits().virial;

  std::string text;
  Progress progress("energy", 0, static_cast<std::int64_t>(frames.size()),
                    input.choice("run.progress") == "auto");
  for (std::size_t begin = 0; begin < frames.size();) {
    const std::size_t end = end_of_batch(frames, begin);
    const std::vector<Structure> batch(frames.begin() + static_cast<std::ptrdiff_t>(begin),
                                       frames.begin() + static_cast<std::ptrdiff_t>(end));
    Simulation simulation(device, read_threads(input), batch,
                          std::vector<ReplicaSettings>(batch.size()), std::move(potential), nullptr,
                          0, {});
    simulation.evaluate(virial);
    Frame results;
    simulation.read(results, false, true, virial);
    append_results(text, batch, results, virial);
    potential = simulation.release_potential();
    begin = end;
    progress.update(static_cast<std::int64_t>(begin));
  }
  write_text_file(target, text);
  progress.clear();
  fmt::print("{} frames written to {}\n", frames.size(), target);
  return ExitCode::done;
}

}  // namespace md
