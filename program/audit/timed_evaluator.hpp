#pragma once

#include <memory>
#include <span>
#include <vector>

#include "md/evaluator.hpp"
#include "md/simulation.hpp"

namespace md {

/// An Evaluator that counts the time it takes.
class TimedEvaluator {
 public:
  TimedEvaluator(std::unique_ptr<Potential> potential, Device device, int threads)
      : evaluator_(device, threads, std::move(potential)) {}

  std::vector<Evaluation> evaluate(std::span<const Structure> systems);
  /// A simulation of these systems, which nothing moves. The evaluator must outlive it.
  std::unique_ptr<Simulation> simulation(const std::vector<Structure>& systems, double skin);

  const Potential& potential() const { return evaluator_.potential(); }
  double time() const { return time_; }  // s on the clock
  void add_time(double seconds) { time_ += seconds; }

 private:
  Evaluator evaluator_;
  double time_ = 0;
};

}  // namespace md
