#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "io/extended_xyz.hpp"
#include "md/files.hpp"
#include "md/text.hpp"
#include "program/folder.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/report.hpp"
#include "program/run/run_loop.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// Makes the input of a later stage one that can be run by itself: it starts from start.xyz.
void write_start(Stage& stage, const LastState& from) {
  const std::string path = stage.options.directory + "/start.xyz";
  std::string text;
  for (const Structure& system : from.systems) {
    ExtendedXyzFields fields;
    fields.velocities = XyzVelocities::velocities;
    append_extended_xyz(
        text, {system.numbers, system.positions, system.velocities, system.cell, system.periodic},
        fields);
  }
  write_file(path, text);
  stage.input.set("system.structure", path);
  if (stage.input.text("integrator.temperature").starts_with("ladder")) {  // it counts copies
    std::vector<std::string> temperatures;
    for (const ReplicaSettings& r : stage.settings)
      temperatures.push_back(fmt::format("{} K", r.temperature));
    stage.input.set("integrator.temperature", join(temperatures, ", "));
  }
  stage.input.set("system.replicas", "1");
  stage.input.set("system.replica_id", std::to_string(stage.settings[0].id));
  if (stage.options.velocities == "auto") stage.input.set("system.velocities", "file");
  stage.input.set("system.remove_drift", stage.drift_removed ? "yes" : "no");
}

/// Prepares every stage as if the ones before had not moved anything: what is wrong with a later
/// one shows before the first one runs. Returns the first.
Stage check_stages(const std::vector<Input>& inputs) {
  check_separate_folders(inputs);
  Stage first = prepare_stage(inputs[0], nullptr);
  LastState state = first_state(first);
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    RunOptions options = first.options;
    if (k > 0) {
      const Stage stage = prepare_stage(inputs[k], &state);
      options = stage.options;
      state = first_state(stage);
    }
    check_output_folder(inputs[k], options.directory, options.overwrite,
                        "continue it with `understudy restart`, ");
  }
  return first;
}

ExitCode run_verb(const CommandLine& line) {
  if (line.arguments.empty()) throw InputError("command line: run needs an input file");
  // Everything is read and checked before anything is written.
  std::vector<Input> inputs;
  for (const std::string& path : line.arguments) {
    Input input(full_schema());
    input.read_file(path);
    apply_overrides(input, line);
    inputs.push_back(std::move(input));
  }
  Stage first = check_stages(inputs);

  catch_signals();
  ExitCode code = ExitCode::done;
  LastState last;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    Stage stage = k == 0 ? std::move(first) : prepare_stage(inputs[k], &last);
    make_output_folder(stage.options.directory);
    if (k > 0) write_start(stage, last);
    if (inputs.size() > 1)
      fmt::print("stage {} of {}: {}\n", k + 1, inputs.size(), line.arguments[k]);
    const std::string folder = stage.options.directory;
    StageEnd end;
    try {
      end = run_stage(std::move(stage), nullptr, line.text);
    } catch (...) {  // where nothing was written, leave no empty folder either
      std::error_code error;
      std::filesystem::remove(folder, error);
      throw;
    }
    code = end.code;
    last = std::move(end.last);
    if (code == ExitCode::stopped_early) break;
  }
  return code;
}

const bool registered = verbs().add(
    "run", {10, "run INPUT.ini [INPUT2.ini ...] [--section.key=value ...]",
            "run; several inputs are stages, each starting from the last state of the one before",
            R"(understudy run INPUT.ini [INPUT2.ini ...] [--section.key=value ...]
Writes trajectories, log.csv, timings.json, summary.json, input.ini and checkpoint.nc to
output.directory. Exit code: 0 done, 2 wrong input, 3 some replicas were quarantined, 4 failed
numerically, 5 a resource ran out, 75 stopped early with a checkpoint.

Keys with their defaults; without a unit numbers are in A, fs, eV, K, 1/ps.
)",
            run_sections(), run_verb});

}  // namespace
}  // namespace md
