#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "io/extended_xyz.hpp"
#include "md/program/checkpointing.hpp"
#include "md/program/folder.hpp"
#include "md/program/report.hpp"
#include "md/program/run_loop.hpp"
#include "md/program/schema.hpp"
#include "md/program/verbs.hpp"
#include "md/text.hpp"

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
  write_text_file(path, text);
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

/// Throws InputError when an option changes what the files written so far were made with.
void check_unchanged(const Input& before, const Input& now) {
  for (const char* const key : {"integrator.method", "output.trajectory", "output.velocities",
                                "output.forces", "output.layout"})
    if (before.text(key) != now.text(key))
      now.fail_value(key, "cannot change in a restart; the run has '" + before.text(key) + "'");
  const char* const key = "integrator.time_step";
  if (before.number(key) != now.number(key))
    now.fail_value(key, "cannot change in a restart; the run has " + before.text(key));
}

}  // namespace

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

ExitCode restart_verb(const CommandLine& line) {
  namespace fs = std::filesystem;
  if (line.arguments.size() != 1)
    throw InputError("command line: restart needs one folder, that of the run to continue");
  const std::string folder = fs::absolute(line.arguments[0]).lexically_normal().string();
  if (!fs::is_directory(folder)) throw InputError(line.arguments[0] + ": no such folder");
  for (const auto& [key, value] : line.overrides)
    if (key.starts_with("system.") || key.starts_with("output.directory"))
      throw InputError("command line: " + key +
                       ": a restart goes on with the system and folder it has");
  const Checkpoint checkpoint = read_checkpoint(folder + "/checkpoint.nc");
  Input input(full_schema());
  input.read_file(folder + "/input.ini");
  const Input before = input;
  apply_overrides(input, line);
  check_unchanged(before, input);
  input.set("output.directory", folder);

  Stage stage = prepare_components(std::move(input));
  read_systems(checkpoint, stage);
  set_thermostats(stage);
  check_potentials(stage);
  const std::int64_t done = checkpoint.integers("step", 1)[0];
  const Outcome outcome = outcome_of(folder);
  if (done >= stage.options.steps && outcome.text == "finished" && outcome.steps == done) {
    fmt::print("nothing to do: {} has made {} of {} steps; --integrator.steps=N makes it longer\n",
               line.arguments[0], done, stage.options.steps);
    const auto bad = static_cast<int>(Status::quarantined);
    const bool any_bad =
        std::find(stage.status.begin(), stage.status.end(), bad) != stage.status.end();
    return any_bad ? ExitCode::quarantined : ExitCode::done;
  }
  catch_signals();
  return run_stage(std::move(stage), &checkpoint, line.text).code;
}

}  // namespace md
