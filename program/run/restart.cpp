#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "program/folder.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/continued_files.hpp"
#include "program/run/fixed_settings.hpp"
#include "program/run/report.hpp"
#include "program/run/run_loop.hpp"
#include "program/schema.hpp"
#include "program/signals.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

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
  const FolderLock lock(folder);
  const Checkpoint checkpoint = newest_checkpoint(folder);
  Input input(full_schema());
  input.read_file(folder + "/input.ini");
  forget_untaken(input, "run");
  apply_overrides(input, line);
  input.set("output.directory", folder, line.arguments[0]);

  const Stage stage(std::move(input));
  check_settings(checkpoint, stage.input);
  const Replicas replicas = continued_replicas(checkpoint, stage);
  check_files(folder, read_marks(checkpoint));
  if (stage.minimize) {
    fmt::print("nothing to do: a minimisation is written when it is over\n");
    return ExitCode::done;
  }
  const std::int64_t done = checkpoint.integers("step", 1)[0];
  const Outcome outcome = outcome_of(folder);
  if (done >= stage.options.steps && outcome.text == "finished" && outcome.steps == done) {
    fmt::print("nothing to do: {} has made {} of {} steps; --integrator.steps=N makes it longer\n",
               line.arguments[0], done, stage.options.steps);
    const auto bad = static_cast<int>(Status::quarantined);
    const bool any_bad =
        std::find(replicas.status.begin(), replicas.status.end(), bad) != replicas.status.end();
    return any_bad ? ExitCode::quarantined : ExitCode::done;
  }
  catch_signals();
  return run_stage(stage, replicas, &checkpoint, line.text).code;
}

const bool registered =
    verbs().add("restart", {20, "restart DIRECTORY [--section.key=value ...]",
                            "continue exactly where the checkpoint in an output folder is",
                            R"(understudy restart DIRECTORY [--section.key=value ...]
Continues the run in DIRECTORY from its checkpoint; the result is the same, bit for bit, as if it
had never stopped. integrator.steps is the total: --integrator.steps=N makes the run longer.
Keys are those of `understudy help run` except [system], which comes from the checkpoint.
)",
                            run_sections(), restart_verb});

}  // namespace
}  // namespace md
