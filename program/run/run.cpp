#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "io/extended_xyz.hpp"
#include "md/files.hpp"
#include "md/text.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/inputs.hpp"
#include "program/run/report.hpp"
#include "program/run/run_loop.hpp"
#include "program/schema.hpp"
#include "program/signals.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// The input of a later stage as one that can be run by itself: it starts from start.xyz, which is
/// written.
std::string write_start(const Stage& stage, const Replicas& start, const Replicas& from) {
  const std::string path = stage.options.directory + "/start.xyz";
  std::string text;
  for (std::size_t r = 0; r < from.systems.size(); ++r) {
    const Structure& system = from.systems[r];
    ExtendedXyzFields fields;
    if (!from.origins[r].name.empty()) fields.info = {{"name", from.origins[r].name}};
    fields.velocities = XyzVelocities::velocities;
    append_extended_xyz(text,
                        {system.numbers, system.positions, system.velocities, system.cell,
                         system.periodic, system.masses, system.fixed},
                        fields);
  }
  write_file(path, text);
  Input input = stage.input;
  const auto set = [&](const std::string& key, const std::string& value) {
    input.set("system." + key, value, path);
  };
  set("structure", path);
  if (input.text("integrator.temperature").starts_with("ladder")) {  // it counts copies
    std::vector<std::string> temperatures;
    for (const ReplicaSettings& r : start.settings)
      temperatures.push_back(fmt::format("{} K", r.temperature));
    input.set("integrator.temperature", join(temperatures, ", "), path);
  }
  set("replicas", "1");
  set("replica_id", std::to_string(start.settings[0].id));
  if (stage.options.velocities == "auto" && !from.systems[0].velocities.empty())
    set("velocities", "file");
  set("remove_drift", start.drift_removed ? "yes" : "no");
  return input.resolved();
}

/// All stages, each checked as if the ones before had not moved anything: what is wrong with a
/// later one shows before the first one runs. `first`: what the first one starts from.
std::vector<Stage> check_stages(std::vector<Input> inputs, Replicas& first) {
  check_separate_folders(inputs);
  std::vector<Stage> stages;
  Replicas replicas;
  for (Input& input : inputs) {
    const Stage& stage = stages.emplace_back(std::move(input));
    replicas = start_replicas(stage, stages.size() > 1 ? &replicas : nullptr);
    if (stages.size() == 1) first = replicas;
    check_output_folder(stage.input, stage.options.directory, stage.options.overwrite,
                        "continue it with `understudy restart`, ");
  }
  return stages;
}

ExitCode run_verb(const CommandLine& line) {
  // Everything is read and checked before anything is written.
  Replicas start;
  const std::vector<Stage> stages = check_stages(read_inputs(line), start);

  catch_signals();
  ExitCode code = ExitCode::done;
  Replicas last;
  std::vector<FolderLock> locks;  // also of the stages that are done
  for (std::size_t k = 0; k < stages.size(); ++k) {
    const Stage& stage = stages[k];
    const std::string& folder = stage.options.directory;
    if (k > 0) start = start_replicas(stage, &last);
    locks.push_back(make_output_folder(folder));
    const std::string input_text = k > 0 ? write_start(stage, start, last) : "";
    if (stages.size() > 1) say("stage {} of {}: {}\n", k + 1, stages.size(), line.arguments[k]);
    StageEnd end;
    try {
      end = run_stage(stage, start, nullptr, line.text, input_text);
    } catch (...) {  // where nothing was written, leave no empty folder either
      std::error_code error;
      std::filesystem::remove(folder, error);
      throw;
    }
    code =
        std::max(code, end.code);  // what did not converge in an earlier stage is said in the end
    last = std::move(end.last);
    if (code == ExitCode::stopped_early || end.ends_run) break;
  }
  return code;
}

const bool registered = verbs().add(
    "run", {10, "run [INPUT.ini ...] [--section.key=value ...]",
            "run; several inputs are stages, each starting from the last state of the one before",
            R"(understudy run [INPUT.ini ...] [--section.key=value ...]
Writes trajectories, log.csv, timings.json, summary.json, input.ini and checkpoint.nc to
output.directory. The keys of the command line win over those of a file, and do without a file where
they are all there. Of several inputs, the stages, a key reaches all, or one by its number:
--2.output.directory=DIR. --section.key=default goes without the value of the file.
)",
            run_sections(), run_verb, needed_by_runs(), true});

}  // namespace
}  // namespace md
