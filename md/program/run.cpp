#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "io/extended_xyz.hpp"
#include "md/program/checkpointing.hpp"
#include "md/program/folder.hpp"
#include "md/program/run_loop.hpp"
#include "md/program/schema.hpp"
#include "md/program/verbs.hpp"

namespace md {
namespace {

/// The input of a stage that can be run by itself: it starts from start.xyz.
void write_start(Stage& stage) {
  const std::string path = stage.options.directory + "/start.xyz";
  std::string text;
  for (const Structure& system : stage.systems) {
    ExtendedXyzFields fields;
    fields.velocities = XyzVelocities::velocities;
    append_extended_xyz(
        text, {system.numbers, system.positions, system.velocities, system.cell, system.periodic},
        fields);
  }
  write_text_file(path, text);
  stage.input.set("system.structure", path);
  stage.input.set("system.replicas", "1");
  stage.input.set("system.velocities", "file");
  stage.input.set("system.remove_drift", "no");
}

}  // namespace

ExitCode run_verb(const CommandLine& line) {
  if (line.arguments.empty()) throw InputError("command line: run needs an input file");
  // Everything is read and checked before anything is written; later stages need the states of the
  // ones before, so only their own keys and files can be checked now.
  std::vector<Input> inputs;
  std::set<std::string> folders;
  for (const std::string& path : line.arguments) {
    Input input(full_schema());
    input.read_file(path);
    apply_overrides(input, line);
    inputs.push_back(std::move(input));
  }
  for (const Input& input : inputs) {
    const Stage stage = prepare_components(input);
    if (!folders.insert(stage.options.directory).second)
      input.fail("output.directory", "two stages cannot write to the same folder");
    check_output_folder(stage.options.directory, stage.options.overwrite);
  }

  catch_signals();
  ExitCode code = ExitCode::done;
  LastState last;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    Stage stage = prepare_stage(inputs[k], k == 0 ? nullptr : &last);
    make_output_folder(stage.options.directory);
    if (k > 0) write_start(stage);
    write_text_file(stage.options.directory + "/input.ini", stage.input.resolved());
    if (inputs.size() > 1)
      fmt::print("stage {} of {}: {}\n", k + 1, inputs.size(), line.arguments[k]);
    StageEnd end = run_stage(std::move(stage), nullptr, line.text);
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
  apply_overrides(input, line);
  input.set("output.directory", folder);

  Stage stage = prepare_components(std::move(input));
  read_systems(checkpoint, stage);
  check_systems(stage.input, *stage.potential, stage.device, stage.systems);
  const std::int64_t done = checkpoint.integers("step", 1)[0];
  if (done >= stage.options.steps) {
    fmt::print("nothing to do: {} has made {} of {} steps; --integrator.steps=N makes it longer\n",
               line.arguments[0], done, stage.options.steps);
    return ExitCode::done;
  }
  catch_signals();
  write_text_file(folder + "/input.ini", stage.input.resolved());
  return run_stage(std::move(stage), &checkpoint, line.text).code;
}

}  // namespace md
