#include "md/minimizer/minimizer.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "md/minimizer/descent.hpp"

namespace md {
namespace {

/// What a potential wants to know of a system, without what a file says besides.
Structure bare(const Structure& s) {
  Structure result;
  result.numbers = s.numbers, result.positions = s.positions;
  result.cell = s.cell, result.periodic = s.periodic;
  result.fixed = s.fixed;
  result.charge = s.charge, result.spin = s.spin;
  return result;
}

}  // namespace

struct Minimizer::System {
  System(std::size_t number, Structure given, const MinimizeOptions& options)
      : index(number),
        coordinates(given, options.cell),
        descent(descents().find(options.method).make()),
        result{std::move(given), {}, 0, false} {
    result.evaluation.energy = std::numeric_limits<double>::infinity();
  }

  std::size_t index;
  Coordinates coordinates;
  std::unique_ptr<Descent> descent;
  int steps = 0;
  Minimized result;  // the best so far
};

Minimizer::Minimizer(Evaluator& evaluator, MinimizeOptions options)
    : evaluator_(evaluator), options_(std::move(options)) {
  descents().find(options_.method);
}

/// Judges an evaluation of the system `now`: true when it rests, or may not go on; else it moves.
bool Minimizer::finish(System& system, const Structure& now, Evaluation& result) const {
  const std::vector<Vec3> forces = system.coordinates.forces(now, result);
  double largest = 0;  // on the atoms themselves
  for (int i = 0; i < now.size(); ++i)
    if (!now.is_fixed(i)) largest = larger(largest, norm(result.forces[i]));
  Minimized& best = system.result;
  best.converged = std::isfinite(result.energy) && largest <= options_.force_tolerance &&
                   system.coordinates.largest_stress(now, result) <= options_.stress_tolerance;
  const bool last = best.converged || system.steps >= options_.max_steps;
  const double energy = result.energy;
  if (best.converged || system.steps == 0 ||
      (all_finite(energy, forces) && !(energy >= best.evaluation.energy))) {
    best.structure.positions = now.positions;
    best.structure.cell = now.cell;
    best.evaluation = std::move(result);
  }
  best.steps = system.steps;
  if (last || (system.steps == 0 && !all_finite(energy, forces))) return true;
  system.descent->advance(system.coordinates.values(), energy, forces);
  ++system.steps;
  return false;
}

void Minimizer::minimize(const Next& next, const Done& done) {
  std::vector<System> systems;
  std::vector<Structure> batch;  // as they are now, one for each
  std::size_t n = 0;
  bool more = true;
  std::optional<Structure> waiting;
  const auto enter = [&] {
    while (more) {
      if (!waiting) waiting = next();
      more = waiting.has_value();
      if (!more) return;
      batch.push_back(bare(*waiting));
      if (Evaluator::batch_end(batch, 0) < batch.size()) return batch.pop_back();
      systems.emplace_back(n++, std::move(*waiting), options_);
      waiting.reset();
    }
  };
  for (enter(); !systems.empty(); enter()) {
    const bool virial =
        evaluator_.potential().traits().virial &&
        std::any_of(batch.begin(), batch.end(), [](const auto& s) { return s.periodic.any(); });
    std::vector<Evaluation> results = evaluator_.evaluate(batch, virial);
    std::size_t kept = 0;
    for (std::size_t k = 0; k < systems.size(); ++k) {
      if (finish(systems[k], batch[k], results[k])) {
        done(systems[k].index, std::move(systems[k].result));
        continue;
      }
      systems[k].coordinates.place(batch[k]);
      if (kept != k) {
        systems[kept] = std::move(systems[k]);
        batch[kept] = std::move(batch[k]);
      }
      ++kept;
    }
    systems.erase(systems.begin() + static_cast<std::ptrdiff_t>(kept), systems.end());
    batch.resize(kept);
  }
}

std::vector<Minimized> Minimizer::minimize(std::span<const Structure> systems) {
  std::vector<Minimized> results(systems.size());
  std::size_t n = 0;
  minimize(
      [&]() -> std::optional<Structure> {
        if (n == systems.size()) return std::nullopt;
        return systems[n++];
      },
      [&](std::size_t index, Minimized result) { results[index] = std::move(result); });
  return results;
}

}  // namespace md
