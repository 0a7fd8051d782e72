#include "program/run/minimize_stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "md/files.hpp"
#include "md/minimizer/minimizer.hpp"
#include "program/components.hpp"
#include "program/progress.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/disk.hpp"
#include "program/run/fixed_settings.hpp"
#include "program/run/output.hpp"
#include "program/run/report.hpp"
#include "program/signals.hpp"

namespace md {
namespace {

/// What summary.json says of the replicas, -1 steps of those that were bad before.
class Outcomes final : public Watch {
 public:
  explicit Outcomes(std::size_t n) : steps_(n, -1), converged_(n, 0) {}
  void add(std::size_t replica, const Minimized& result) {
    steps_[replica] = result.steps;
    converged_[replica] = result.converged ? 1 : 0;
  }
  int most_steps() const { return std::max(0, *std::ranges::max_element(steps_)); }
  std::size_t n_left() const {
    std::size_t n = 0;
    for (std::size_t r = 0; r < steps_.size(); ++r) n += steps_[r] >= 0 && converged_[r] == 0;
    return n;
  }
  void look(Simulation&, double) override {}
  void summarize(Json& summary) const override {
    Json converged = Json::array();
    for (const char c : converged_) converged.push_back(c != 0);
    summary["minimize"] = {
        {"converged", converged}, {"steps", steps_}, {"not_converged", n_left()}};
  }

 private:
  std::vector<int> steps_;
  std::vector<char> converged_;
};

Replicas bring_to_rest(const Stage& stage, const Replicas& start, Outcomes& outcomes) {
  std::vector<std::size_t> running;
  for (std::size_t r = 0; r < start.systems.size(); ++r)
    if (start.status[r] == static_cast<int>(Status::running)) running.push_back(r);
  Replicas last = start;
  Evaluator evaluator(stage.device, stage.options.threads, *stage.potential);
  Progress progress("minimize", 0, static_cast<std::int64_t>(running.size()),
                    stage.options.progress);
  std::size_t next = 0;
  std::int64_t done = 0;
  Minimizer(evaluator, *stage.minimize)
      .minimize(
          [&]() -> std::optional<Structure> {
            if (next == running.size()) return std::nullopt;
            return start.systems[running[next++]];
          },
          [&](std::size_t index, Minimized result) {
            const std::size_t r = running[index];
            if (!std::isfinite(result.evaluation.energy))
              throw NumericalError(start.systems[r].source + ": its energy is not a finite number");
            outcomes.add(r, result);
            last.systems[r] = std::move(result.structure);
            progress.update(++done);
          });
  return last;
}

/// The two frames with their rows of the log, a checkpoint, and the reports.
void write_all(const Stage& stage, const Replicas& start, const Replicas& last, Outcomes& outcomes,
               const Timings& timings, const std::string& command) {
  Samples rows(static_cast<int>(start.systems.size()));
  Output output(stage, start, stage.potential->traits(), rows, {});
  const auto write = [&](const Replicas& replicas, std::int64_t step) {
    auto simulation = make_simulation(stage, replicas);
    simulation->state().step.upload({&step, 1});
    simulation->evaluate(output.wants_virial(step));
    output.write(*simulation, {});
    return simulation;
  };
  auto simulation = write(start, 0);
  if (const int steps = outcomes.most_steps(); steps > 0) simulation = write(last, steps);
  const Samples none(static_cast<int>(start.systems.size()));  // there is no drift to speak of
  Checkpoint checkpoint = make_checkpoint(*simulation, model_hash(stage), none, output.finish());
  add_replicas(checkpoint, last);
  checkpoint.set("settings", fixed_settings(stage.input));
  const std::string& folder = stage.options.directory;
  write_checkpoint(folder + "/checkpoint.nc", checkpoint, stage.options.keep);
  const FinishedRun end{*simulation, stage, start, none, {&outcomes}, command, "finished"};
  write_file(folder + "/timings.json", timings_json(timings, end));
  write_file(folder + "/summary.json", summary_json(end));
}

}  // namespace

StageEnd minimize_stage(const Stage& stage, const Replicas& start, const std::string& command,
                        const std::string& input_text) {
  using Clock = std::chrono::steady_clock;
  end_on_signals();
  Outcomes outcomes(start.systems.size());
  const auto begin = Clock::now();
  StageEnd end{ExitCode::done, bring_to_rest(stage, start, outcomes)};
  Timings timings;
  timings.wall = std::chrono::duration<double>(Clock::now() - begin).count();
  timings.phases.potential = timings.wall;
  timings.steps = outcomes.most_steps();
  write_file(stage.options.directory + "/input.ini", input_text);
  write_all(stage, start, end.last, outcomes, timings, command);
  catch_signals();

  const std::size_t left = outcomes.n_left(), n = start.systems.size();
  fmt::print("{} of {} replicas converged, {} steps at most, {}; written to {}\n", n - left, n,
             timings.steps, duration_text(timings.wall), stage.options.directory);
  std::fflush(stdout);
  if (left == 0) return end;
  end.code = ExitCode::quarantined;
  end.ends_run = stage.input.choice("minimize.on_failure") == "stop";
  warn(fmt::format("{} of {} replicas did not converge within {} steps: see minimize in {}", left,
                   n, stage.minimize->max_steps, stage.options.directory + "/summary.json"));
  return end;
}

}  // namespace md
