#include "program/run/run_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "md/files.hpp"
#include "program/progress.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/continued_files.hpp"
#include "program/run/disk.hpp"
#include "program/run/energy_watch.hpp"
#include "program/run/fixed_settings.hpp"
#include "program/run/memory.hpp"
#include "program/run/minimize_stage.hpp"
#include "program/run/output.hpp"
#include "program/run/quarantine.hpp"
#include "program/run/report.hpp"
#include "program/run/uncertainty_watch.hpp"
#include "program/signals.hpp"

namespace md {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Takes up what a checkpoint holds, if there is one, and returns the files that the run goes on
/// with. Once all of it is known to be good the folder says no more how it has ended, and the
/// checkpoint is the newest.
std::vector<FileMark> take_up(const Stage& stage, const Checkpoint* from, Simulation& simulation,
                              Samples& samples) {
  if (!from) return {};
  restore(*from, simulation, samples);
  std::vector<FileMark> marks = read_marks(*from);
  const std::string& folder = stage.options.directory;
  check_files(folder, marks);
  std::filesystem::remove(folder + "/summary.json");
  if (const std::string newest = folder + "/checkpoint.nc"; from->source != newest)
    std::filesystem::rename(from->source, newest);
  sync_folder(folder);
  return marks;
}

/// One run from its first to its last step.
class RunLoop {
 public:
  RunLoop(const Stage& stage, const Replicas& start, const Checkpoint* from,
          const std::string& command)
      : stage_(stage),
        replicas_(start),
        command_(command),
        samples_(static_cast<int>(start.systems.size())),
        simulation_(make_simulation(stage, start)),  // first: when it fails no file is touched
        output_(stage, start, simulation_->potential().traits(), samples_,
                take_up(stage, from, *simulation_, samples_)),
        quarantine_(stage, start),
        uncertainty_(stage, output_),
        energy_(stage),
        fresh_(!from) {
    for (const auto& watch : stage.watches) watches_.push_back(watch.get());
    watches_.push_back(&uncertainty_);
    watches_.push_back(&energy_);
    quarantine_.begin(stage, start, *simulation_, from);
    for (Watch* watch : watches_) watch->begin(stage, start, *simulation_, from);
  }

  ExitCode run(const std::string& input_text);
  Replicas last() const { return last_replicas(*simulation_, replicas_); }

 private:
  void begin();
  std::string loop();
  void look();
  void stand_still();
  void write_checkpoint();
  bool failed() const;
  std::int64_t next_stop(std::int64_t step) const;
  bool checkpoint_due(std::int64_t step) const;
  FinishedRun as(const std::string& outcome) const;
  FinishedRun finish(const std::string& outcome);

  const Stage& stage_;
  const Replicas& replicas_;
  std::string command_;
  Samples samples_;
  std::unique_ptr<Simulation> simulation_;
  Output output_;
  Quarantine quarantine_;  // the first to look: what is bad is put aside before it is written
  UncertaintyWatch uncertainty_;  // before the output too, which shows what it finds
  EnergyWatch energy_;
  std::vector<Watch*> watches_;  // all others
  bool fresh_;
  Timings timings_;
  Clock::time_point start_ = Clock::now(), last_checkpoint_ = Clock::now();
};

void RunLoop::look() { quarantine_.look(*simulation_, seconds_since(start_)); }

/// Output of this step, then the watches: a frame shows who moved the replicas until now.
void RunLoop::stand_still() {
  uncertainty_.look(*simulation_, seconds_since(start_));
  if (output_.due(simulation_->step())) {
    look();
    const auto start = Clock::now();
    output_.write(*simulation_, watches_);
    timings_.output += seconds_since(start);
  }
  for (Watch* watch : watches_) {
    const auto start = Clock::now();
    watch->look(*simulation_, seconds_since(start_));
    if (!watch->phase().empty()) timings_.watches[watch->phase()] += seconds_since(start);
  }
}

void RunLoop::write_checkpoint() {
  const auto start = Clock::now();
  std::vector<FileMark> marks = output_.flush();
  for (Watch* watch : watches_)
    for (FileMark& mark : watch->flush()) marks.push_back(std::move(mark));
  Checkpoint checkpoint = make_checkpoint(*simulation_, model_hash(stage_), samples_, marks);
  add_replicas(checkpoint, replicas_);
  checkpoint.set("settings", fixed_settings(stage_.input));
  for (const Watch* watch : watches_) watch->save(checkpoint);
  md::write_checkpoint(stage_.options.directory + "/checkpoint.nc", checkpoint,
                       stage_.options.keep);
  last_checkpoint_ = Clock::now();
  timings_.output += seconds_since(start);
}

bool RunLoop::checkpoint_due(std::int64_t step) const {
  const Interval& every = stage_.options.checkpoint_every;
  if (every.steps > 0) return step % every.steps == 0;
  return seconds_since(last_checkpoint_) >= every.time;
}

void RunLoop::begin() {
  if (fresh_) {
    timings_.memory = evaluate_and_measure(*simulation_, stage_.options, output_.wants_virial(0));
    warn_of_small_memory(*timings_.memory);
    look();
    stand_still();
    write_checkpoint();  // from now on a restart is possible
  }
  const std::optional<MemoryNeed> memory = timings_.memory;
  timings_ = {};
  timings_.memory = memory;
  for (const Watch* watch : watches_)
    if (!watch->phase().empty()) timings_.watches[watch->phase()] = 0;
}

/// The next step after `step` at which somebody wants something.
std::int64_t RunLoop::next_stop(std::int64_t step) const {
  const RunOptions& o = stage_.options;
  std::int64_t stop = std::min(output_.next(step), o.steps);
  if (o.checkpoint_every.steps > 0)
    stop = std::min(stop, (step / o.checkpoint_every.steps + 1) * o.checkpoint_every.steps);
  for (const Watch* watch : watches_) stop = std::min(stop, watch->next(step));
  return stop;
}

bool RunLoop::failed() const {
  return simulation_->n_frozen() > 0 &&
         (stage_.options.stop_on_failure || quarantine_.all_bad(*simulation_));
}

/// Returns how the run ended: "finished", "stopped early" or "failed".
std::string RunLoop::loop() {
  const RunOptions& o = stage_.options;
  const std::int64_t first = simulation_->step();
  Progress progress(stage_.input.text("integrator.method"), first, o.steps, o.progress);
  std::int64_t now = first;
  std::string outcome = "finished";
  // On a GPU many steps are queued at once; on the CPU looking after every step costs nothing.
  const std::int64_t most = stage_.device.is_cuda() ? 100 : 1;
  for (;;) {
    look();
    if (failed()) {
      outcome = "failed";
      break;
    }
    if (now >= o.steps) break;
    if (stop_requested() || seconds_since(start_) > o.max_time) {
      outcome = "stopped early";
      break;
    }
    const std::int64_t target = std::min(next_stop(now), now + most);
    simulation_->advance(target - now, output_.wants_virial(target));
    now = target;
    stand_still();
    if (checkpoint_due(now)) write_checkpoint();
    progress.update(now);
  }
  timings_.steps = now - first;
  return outcome;
}

FinishedRun RunLoop::as(const std::string& outcome) const {
  return {*simulation_, stage_, replicas_, samples_, watches_, command_, outcome};
}

/// Completes every file but the reports.
FinishedRun RunLoop::finish(const std::string& outcome) {
  const double output = timings_.output;
  write_checkpoint();
  timings_.output = output;  // what comes after the step loop is not in its wall time
  // The checkpoint does not know this row, so that a restart with other limits goes on without it.
  if (outcome == "failed" && !output_.log_due(simulation_->step())) output_.write_log(*simulation_);
  output_.finish();
  return as(outcome);
}

ExitCode RunLoop::run(const std::string& input_text) {
  const State& state = simulation_->state();
  const std::string& folder = stage_.options.directory;
  warn_of_small_disk(stage_.options, state.n_atoms(), state.n_replicas(),
                     fresh_ ? -1 : simulation_->step());
  write_file(folder + "/input.ini", input_text);
  begin();
  write_file(folder + "/summary.json", summary_json(as("running")));
  const auto start = Clock::now();
  const PhaseTimes before = simulation_->times();
  const std::string outcome = loop();
  timings_.wall = seconds_since(start);
  const PhaseTimes& after = simulation_->times();
  timings_.phases = {after.neighbors - before.neighbors, after.potential - before.potential,
                     after.integrator - before.integrator};

  const FinishedRun end = finish(outcome);
  std::string found;
  for (Watch* watch : watches_) found += watch->report();
  write_file(folder + "/timings.json", timings_json(timings_, end));
  write_file(folder + "/summary.json", summary_json(end));
  say("{}{}", report_table(timings_, end), found);
  if (outcome == "failed")
    throw NumericalError((stage_.options.stop_on_failure
                              ? "a replica is bad and safety.on_failure is stop: "
                              : "every replica is bad; the first: ") +
                         quarantine_.first(*simulation_));
  if (outcome == "stopped early") {
    say("stopped early at step {} of {}; `understudy restart {}` continues\n", simulation_->step(),
        stage_.options.steps, folder);
    return ExitCode::stopped_early;
  }
  return quarantine_.any_bad(*simulation_) ? ExitCode::quarantined : ExitCode::done;
}

}  // namespace

StageEnd run_stage(const Stage& stage, const Replicas& start, const Checkpoint* from,
                   const std::string& command, const std::string& input_text) {
  const std::string text = input_text.empty() ? stage.input.resolved() : input_text;
  if (stage.minimize) return minimize_stage(stage, start, command, text);
  require_memory(stage, start);
  RunLoop loop(stage, start, from, command);
  const ExitCode code = loop.run(text);
  return {code, loop.last()};
}

}  // namespace md
