#include "program/audit/timed_evaluator.hpp"

#include <chrono>

namespace md {

std::unique_ptr<Simulation> TimedEvaluator::simulation(const std::vector<Structure>& systems,
                                                       double skin) {
  return std::make_unique<Simulation>(evaluator_.device(), evaluator_.threads(), systems,
                                      std::vector<ReplicaSettings>(systems.size()),
                                      evaluator_.potential(), nullptr, skin, SafetyLimits{});
}

std::vector<Evaluation> TimedEvaluator::evaluate(std::span<const Structure> systems) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Evaluation> result = evaluator_.evaluate(systems);
  time_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace md
