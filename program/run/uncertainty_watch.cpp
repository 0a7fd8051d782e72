#include "program/run/uncertainty_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "md/structure.hpp"
#include "program/components.hpp"

namespace md {

bool UncertaintyWatch::bounded() const { return std::isfinite(stage_.options.max_uncertainty); }

void UncertaintyWatch::begin(const Stage&, const Replicas& replicas, Simulation& simulation,
                             const Checkpoint* from) {
  threshold_ = simulation.potential().traits().uncertainty_threshold;
  for (const Origin& origin : replicas.origins) names_.push_back(origin.name);
  largest_.assign(replicas.systems.size(), 0);
  if (threshold_ > 0 && from && from->has("uncertainty_watch"))
    largest_ = from->doubles("uncertainty_watch", largest_.size());
}

void UncertaintyWatch::save(Checkpoint& checkpoint) const {
  if (threshold_ > 0) checkpoint.set("uncertainty_watch", largest_);
}

std::int64_t UncertaintyWatch::next(std::int64_t step) const {
  return threshold_ > 0 && bounded() ? (step / interval + 1) * interval : never;
}

void UncertaintyWatch::look(Simulation& simulation, double) {
  const std::int64_t step = simulation.step();
  const bool due = output_.due(step) || (bounded() && step % interval == 0);
  if (threshold_ == 0 || !due || looked_ == step) return;
  looked_ = step;
  now_ = simulation.uncertainty();
  judge(simulation);
}

void UncertaintyWatch::judge(Simulation& simulation) {
  const std::vector<int> status = simulation.state().status.download();
  std::vector<int> bad;
  for (std::size_t r = 0; r < now_.size(); ++r) {
    // What is no number is above every limit.
    const double error = std::isnan(now_[r].error) ? INFINITY : now_[r].error;
    if (status[r] != static_cast<int>(Status::running)) continue;
    if (error > stage_.options.max_uncertainty) bad.push_back(static_cast<int>(r));
    if (error > threshold_ && !(largest_[r] > threshold_))
      warn(fmt::format(
          "replica {} ({}), step {}: the potential expects its forces to be off by {:.2g} eV/A, "
          "most unlike what it was trained on being atom {}; 99 % of ordinary structures are below "
          "{:.2g} eV/A: do not trust what follows unchecked",
          r, names_[r], simulation.step(), error, now_[r].atom + 1, threshold_));
    largest_[r] = std::max(largest_[r], error);
  }
  if (!bad.empty()) simulation.quarantine(bad, fault_uncertainty);
}

void UncertaintyWatch::mark(Frame& frame) const {
  frame.uncertainty = looked_ == frame.step ? now_ : std::vector<ForceUncertainty>();
}

void UncertaintyWatch::summarize(Json& summary) const {
  if (threshold_ > 0)
    summary["uncertainty"] = {{"threshold_eV_A", threshold_}, {"largest_eV_A", largest_}};
}

}  // namespace md
