#include "md/program/timed_evaluator.hpp"

#include <chrono>

#include "md/program/evaluator.hpp"

namespace md {
std::unique_ptr<Simulation> TimedEvaluator::simulation(const std::vector<Structure>& systems,
                                                       double skin) {
  return std::make_unique<Simulation>(
      device_, threads_, systems, std::vector<ReplicaSettings>(systems.size()),
      std::make_unique<BorrowedPotential>(*potential_), nullptr, skin, SafetyLimits{});
}

BatchEvaluation TimedEvaluator::evaluate(const std::vector<Structure>& systems) {
  const auto start = std::chrono::steady_clock::now();
  BatchEvaluation result;
  for (std::size_t begin = 0; begin < systems.size();) {
    const std::size_t end = Evaluator::batch_end(systems, begin);
    const auto batch = simulation({systems.begin() + static_cast<std::ptrdiff_t>(begin),
                                   systems.begin() + static_cast<std::ptrdiff_t>(end)},
                                  0);
    batch->evaluate(false);
    const std::vector<double> energy = batch->state().potential.download();
    const std::vector<Vec3> force = batch->state().force.download();
    result.energy.insert(result.energy.end(), energy.begin(), energy.end());
    result.force.insert(result.force.end(), force.begin(), force.end());
    begin = end;
  }
  time_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace md
