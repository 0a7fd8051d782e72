#include "program/verb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "io/replica_files.hpp"
#include "md/evaluator.hpp"
#include "md/files.hpp"
#include "md/text.hpp"
#include "md/writer.hpp"
#include "program/audit/audit.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/continued_files.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

namespace fs = std::filesystem;

/// The run in a folder, with a section [teacher].
Stage read_run(const std::string& folder, const CommandLine& line) {
  for (const auto& [key, value] : line.overrides)
    if (!key.starts_with("teacher.") && !key.starts_with("run.") && !key.starts_with("potential."))
      throw InputError("command line: " + key +
                       ": an audit takes keys of [teacher], [potential] and [run]");
  static const std::set<std::string> only_runs{
      "teacher.every",     "teacher.replicas", "teacher.budget", "teacher.policy",
      "teacher.min_steps", "teacher.release",  "teacher.when",   "teacher.max_uncertainty"};
  for (const auto& [key, value] : line.overrides)
    if (only_runs.contains(key))
      throw InputError(
          "command line: " + key +
          ": belongs to a run; afterwards every frame is looked at, nothing is changed");
  Input input(full_schema());
  input.read_file(folder + "/input.ini");
  forget_untaken(input, "run");
  for (const auto& [name, value] : line.overrides)
    if (name == "teacher.name")  // another teacher: what the run said of its own is void
      for (const std::string& key : input.full_keys())
        if (key.starts_with("teacher.")) input.erase(key);
  apply_overrides(input, line);
  if (!input.has_section("teacher"))
    input.fail("teacher.name",
               "is missing: the run had no teacher; give --teacher.name=NAME and "
               "what that potential takes");
  return Stage(std::move(input), false);
}

/// One file of a trajectory.
struct TrajectoryFile {
  const TrajectoryFormat& format;
  std::string path;
  int replica;  // whose it is; -1: of all
};

/// The formats that can be read back, those with all digits first.
std::vector<const TrajectoryFormat*> readable_formats() {
  std::vector<const TrajectoryFormat*> formats;
  for (const bool exact : {true, false})
    for (const auto& [name, format] : trajectory_formats().entries())
      if (format.read && format.exact == exact) formats.push_back(&format);
  return formats;
}

/// The trajectory in the folder, in the first readable format where there are several.
std::vector<TrajectoryFile> find_files(const std::string& folder, int n_replicas) {
  std::set<std::string> names;
  for (const TrajectoryFormat* const format : readable_formats()) {
    const std::string single = folder + "/trajectory" + format->extension;
    if (fs::exists(single)) return {{*format, single, n_replicas == 1 ? 0 : -1}};
    std::vector<TrajectoryFile> files;
    for (int r = 0; r < n_replicas; ++r) {
      const std::string path =
          folder + "/" + replica_file_name("trajectory", format->extension, r, n_replicas);
      if (fs::exists(path)) files.push_back({*format, path, r});
    }
    if (!files.empty()) return files;
    names.insert("trajectory" + format->extension);
  }
  throw InputError(folder + ": has no " + join({names.begin(), names.end()}, " or ") +
                   " (or .r0000 and so on); the output folder of a run with frames is wanted");
}

/// Whether the teacher moved a replica up to a step, from the changes in the run's own audit.csv.
bool moved_by_teacher(const std::vector<AuditRow>& changes, int replica, std::int64_t step) {
  bool teacher = false;
  for (const AuditRow& row : changes)
    if (row.replica == replica && row.step < step) teacher = row.action == "handover";
  return teacher;
}

std::vector<AuditRow> read_changes(const std::string& folder) {
  const std::string path = folder + "/audit.csv";
  if (!fs::exists(path)) return {};
  std::vector<AuditRow> rows = read_audit_rows(path);
  std::erase_if(rows,
                [](const AuditRow& r) { return r.action != "handover" && r.action != "returned"; });
  return rows;
}

/// Rows of frames [begin, end) of one file.
void compare(const std::vector<TrajectoryFrame>& frames, std::size_t begin, std::size_t end,
             TimedEvaluator& student, TimedEvaluator& teacher, const std::vector<AuditRow>& changes,
             std::vector<AuditRow>& rows) {
  std::vector<Structure> systems;
  for (std::size_t k = begin; k < end; ++k) systems.push_back(frames[k].system);
  const std::vector<Evaluation> a = student.evaluate(systems), b = teacher.evaluate(systems);
  for (std::size_t k = begin; k < end; ++k) {
    const TrajectoryFrame& frame = frames[k];
    const int n = frame.system.size();
    const ForceError force = force_error(a[k - begin].forces.data(), b[k - begin].forces.data(), n);
    AuditRow row;
    row.step = frame.step;
    row.time_ps = frame.time_ps;
    row.replica = frame.replica;
    row.student = a[k - begin].energy;
    row.teacher = b[k - begin].energy;
    row.force_mae = force.mean;
    row.force_max = force.largest;
    row.by_teacher = moved_by_teacher(changes, frame.replica, frame.step);
    rows.push_back(std::move(row));
  }
}

/// Energy errors about the mean offset of all frames of a replica, and which are beyond a limit.
void mark_errors(std::vector<AuditRow>& rows, const AuditOptions& limits,
                 const std::vector<Structure>& systems) {
  std::vector<double> sum(systems.size()), n(systems.size());
  for (const AuditRow& row : rows)
    if (row.finite() && !row.by_teacher) sum[row.replica] += row.difference(), ++n[row.replica];
  for (AuditRow& row : rows) {
    const int r = row.replica;
    if (n[r] > 0) row.energy_error = row.difference() - sum[r] / n[r];
    const bool within = row.finite() && row.force_max <= limits.max_force_error &&
                        std::abs(row.energy_error) <= limits.max_energy_error * systems[r].size();
    if (!within) row.action = "exceeded";
  }
}

ExitCode audit_verb(const CommandLine& line) {
  if (line.arguments.size() != 1)
    throw InputError("command line: audit needs one folder, that of a run");
  const std::string folder = fs::absolute(line.arguments[0]).lexically_normal().string();
  if (!fs::is_directory(folder)) throw InputError(line.arguments[0] + ": no such folder");
  const FolderLock lock(folder);
  const Checkpoint checkpoint = newest_checkpoint(folder);
  Stage stage = read_run(folder, line);
  const AuditOptions options = read_audit_options(stage.input, stage.options.time_step);
  TimedEvaluator teacher(make_teacher(stage.input, stage.device), stage.device,
                         stage.options.threads);
  const Replicas replicas = continued_replicas(checkpoint, stage);
  check_systems(stage.input.standing_in("teacher", "potential"), teacher.potential(), stage.device,
                replicas.systems, false);
  const std::vector<TrajectoryFile> files =
      find_files(folder, static_cast<int>(replicas.systems.size()));
  const std::vector<AuditRow> changes = read_changes(folder);
  TimedEvaluator student(std::move(stage.potential), stage.device, stage.options.threads);

  std::vector<AuditRow> rows;
  std::unique_ptr<Progress> progress;
  for (std::size_t f = 0; f < files.size(); ++f) {
    const std::vector<TrajectoryFrame> frames =
        files[f].format.read(files[f].path, replicas.systems, files[f].replica);
    const auto n = static_cast<std::int64_t>(frames.size());
    if (!progress)  // files of one run have the same frames unless a replica was bad
      progress = std::make_unique<Progress>("audit", 0, n * static_cast<std::int64_t>(files.size()),
                                            stage.options.progress);
    std::vector<Structure> sizes;
    for (const TrajectoryFrame& frame : frames) sizes.push_back(frame.system);
    for (std::size_t begin = 0; begin < frames.size();) {
      const std::size_t end = Evaluator::batch_end(sizes, begin);
      compare(frames, begin, end, student, teacher, changes, rows);
      begin = end;
      progress->update(static_cast<std::int64_t>(f) * n + static_cast<std::int64_t>(end));
    }
  }
  if (progress) progress->clear();
  if (rows.empty()) throw InputError(folder + ": its trajectories have no frames");
  mark_errors(rows, options, replicas.systems);
  const std::string source = fs::path(files[0].path).filename().string();
  const AuditReport report = make_report(
      audited_replicas(stage, replicas), rows,
      {name_of_potential(stage.input, "potential"), name_of_potential(stage.input, "teacher"),
       files.size() > 1 ? source + " ... (" + std::to_string(files.size()) + " files)" : source,
       options.discard, 0, teacher.time()});
  // What the run said of itself while its teacher looked at it stays.
  const bool own = fs::exists(folder + "/audit.csv");
  const std::string target = folder + (own ? "/audit_frames.json" : "/audit.json");
  write_file(target, text_of(report));
  fmt::print("{} frames\n{}written to {}\n", rows.size(), report.text, target);
  return ExitCode::done;
}

const bool registered = verbs().add(
    "audit",
    {60, "audit DIRECTORY --teacher.name=... [--teacher.model=...]",
     "how far a finished run can be trusted: its frames once more, with the student and a teacher",
     R"(understudy audit DIRECTORY [--teacher.name=NAME --teacher.model=FILE ...]
                           [--section.key=value ...]
Evaluates every frame of the trajectories in DIRECTORY with the potential of the run and with a
teacher, in batches; prints the errors per replica and in all with 95 % confidence intervals, and
whether averages hold at the level of the teacher, by Boltzmann reweighting; writes audit.json into
DIRECTORY, or audit_frames.json where the run has written its own audit. Section [teacher] as in
`understudy help run`; a run that had one needs none here. With [teacher] in its input, a run
audits itself.
)",
     run_sections(), audit_verb});

}  // namespace
}  // namespace md
