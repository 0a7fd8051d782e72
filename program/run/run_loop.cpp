#include "program/run/run_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "md/files.hpp"
#include "program/audit/audit.hpp"
#include "program/progress.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/disk.hpp"
#include "program/run/novelty.hpp"
#include "program/run/output.hpp"
#include "program/run/quarantine.hpp"
#include "program/run/report.hpp"

namespace md {
namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t signal_received = 0;

extern "C" void remember_signal(int number) { signal_received = number; }

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One run from its first to its last step.
class RunLoop {
 public:
  RunLoop(Stage& stage, const Checkpoint* from, const std::string& command)
      : stage_(stage),
        command_(command),
        samples_(static_cast<int>(stage.systems.size())),
        simulation_(make_simulation(stage)),  // first: when it fails no file has been touched
        output_(stage, simulation_->potential().traits().virial, samples_,
                from ? read_marks(*from) : std::vector<FileMark>()),
        novelty_(*simulation_),
        fresh_(!from) {
    if (from) restore(*from, *simulation_, samples_);
    quarantine_ = std::make_unique<Quarantine>(*simulation_, stage_);
    if (!stage.audit.enabled) return;
    audit_ = std::make_unique<Audit>(stage, from ? read_marks(*from) : std::vector<FileMark>());
    if (from) restore_handover(*from, stage, audit_->handed_over(), *simulation_);
  }

  ExitCode run();
  LastState last() const { return last_state(*simulation_, stage_); }

 private:
  void begin();
  std::string loop();
  void write_output();
  void write_checkpoint();
  void look();
  AuditReport report_audit();
  bool checkpoint_due(std::int64_t step) const;

  Stage& stage_;
  std::string command_;
  Samples samples_;
  std::unique_ptr<Simulation> simulation_;
  Output output_;
  std::unique_ptr<Quarantine> quarantine_;
  NoveltyWatch novelty_;
  std::unique_ptr<Audit> audit_;  // null without a teacher
  bool fresh_;
  Timings timings_;
  Clock::time_point start_ = Clock::now(), last_checkpoint_ = Clock::now();
};

void RunLoop::write_output() {
  const auto start = Clock::now();
  if (audit_)
    output_.write(*simulation_, audit_->by_teacher());
  else
    output_.write(*simulation_);
  timings_.output += seconds_since(start);
}

/// The teacher's turn, after the output of this step: that shows who moved the replicas until now.
void RunLoop::look() {
  const auto start = Clock::now();
  audit_->look(*simulation_, seconds_since(start_));
  timings_.teacher += seconds_since(start);
}

void RunLoop::write_checkpoint() {
  const auto start = Clock::now();
  std::vector<FileMark> marks = output_.flush();
  if (audit_)
    for (FileMark& mark : audit_->flush()) marks.push_back(std::move(mark));
  md::write_checkpoint(stage_.options.directory + "/checkpoint.nc",
                       make_checkpoint(*simulation_, stage_, samples_, marks), stage_.options.keep);
  last_checkpoint_ = Clock::now();
  timings_.output += seconds_since(start);
}

bool RunLoop::checkpoint_due(std::int64_t step) const {
  const Interval& every = stage_.options.checkpoint_every;
  if (every.steps > 0) return step % every.steps == 0;
  return seconds_since(last_checkpoint_) >= every.time;
}

void RunLoop::begin() {
  write_file(stage_.options.directory + "/input.ini", stage_.input.resolved());
  if (fresh_) {
    simulation_->evaluate(output_.wants_virial(0));
    quarantine_->report(*simulation_);
    novelty_.look(*simulation_);
    write_output();
    if (audit_) look();
    write_checkpoint();  // from now on a restart is possible
  }
  timings_ = {};
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
    quarantine_->report(*simulation_);
    if (simulation_->n_frozen() > 0 && (o.stop_on_failure || quarantine_->all_bad(*simulation_))) {
      outcome = "failed";
      break;
    }
    if (now >= o.steps) break;
    if (signal_received != 0 || seconds_since(start_) > o.max_time) {
      outcome = "stopped early";
      break;
    }
    std::int64_t event = std::min(output_.next(now), o.steps);
    if (o.checkpoint_every.steps > 0)
      event = std::min(event, (now / o.checkpoint_every.steps + 1) * o.checkpoint_every.steps);
    if (audit_) event = std::min(event, audit_->next(now));
    const std::int64_t target = std::min(event, now + most);
    simulation_->advance(target - now, output_.wants_virial(target));
    now = target;
    if (output_.log_due(now) || output_.frame_due(now)) {
      quarantine_->report(*simulation_);
      write_output();
      novelty_.look(*simulation_);
    }
    if (audit_ && audit_->due(now)) look();
    if (checkpoint_due(now)) write_checkpoint();
    progress.update(now);
  }
  timings_.steps = now - first;
  return outcome;
}

AuditReport RunLoop::report_audit() {
  if (!audit_) return {};
  AuditReport report = audit_->report();
  write_file(stage_.options.directory + "/audit.json", report.json);
  return report;
}

ExitCode RunLoop::run() {
  const State& state = simulation_->state();
  warn_of_small_disk(stage_.options, state.n_atoms(), state.n_replicas());
  begin();
  const auto start = Clock::now();
  const PhaseTimes before = simulation_->times();
  const std::string outcome = loop();
  timings_.wall = seconds_since(start);
  const PhaseTimes& after = simulation_->times();
  timings_.phases = {after.neighbors - before.neighbors, after.potential - before.potential,
                     after.integrator - before.integrator};

  const std::string& folder = stage_.options.directory;
  const double output = timings_.output;
  write_checkpoint();
  timings_.output = output;  // what comes after the step loop is not in its wall time
  // The checkpoint does not know this row, so that a restart with other limits goes on without it.
  if (outcome == "failed" && !output_.log_due(simulation_->step())) output_.write_log(*simulation_);
  output_.finish();
  const AuditReport audit = report_audit();
  write_file(folder + "/timings.json", timings_json(timings_, *simulation_, stage_));
  write_file(folder + "/summary.json",
             summary_json(*simulation_, stage_, samples_, command_, outcome, audit.json));
  fmt::print("{}{}", report_table(timings_, *simulation_, stage_), audit.text);
  std::fflush(stdout);
  if (outcome == "failed")
    throw NumericalError((stage_.options.stop_on_failure
                              ? "a replica is bad and safety.on_failure is stop: "
                              : "every replica is bad; the first: ") +
                         quarantine_->first(*simulation_));
  if (outcome == "stopped early") {
    fmt::print("stopped early at step {} of {}; `understudy restart {}` continues\n",
               simulation_->step(), stage_.options.steps, folder);
    return ExitCode::stopped_early;
  }
  return quarantine_->any_bad(*simulation_) ? ExitCode::quarantined : ExitCode::done;
}

}  // namespace

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = remember_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() { return signal_received != 0; }

StageEnd run_stage(Stage stage, const Checkpoint* from, const std::string& command) {
  RunLoop loop(stage, from, command);
  const ExitCode code = loop.run();
  return {code, loop.last()};
}

}  // namespace md
