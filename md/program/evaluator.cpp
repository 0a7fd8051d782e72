#include "md/program/evaluator.hpp"

#include <chrono>

namespace md {
namespace {
constexpr int batch_atoms = 4096, batch_systems = 256;
}

std::size_t end_of_batch(const std::vector<Structure>& systems, std::size_t begin) {
  std::size_t end = begin;
  for (int atoms = 0; end < systems.size() && end - begin < batch_systems &&
                      (end == begin || atoms + systems[end].size() <= batch_atoms);
       ++end)
    atoms += systems[end].size();
  return end;
}

std::unique_ptr<Simulation> Evaluator::simulation(const std::vector<Structure>& systems,
                                                  double skin) {
  return std::make_unique<Simulation>(
      device_, threads_, systems, std::vector<ReplicaSettings>(systems.size()),
      std::make_unique<BorrowedPotential>(*potential_), nullptr, skin, SafetyLimits{});
}

Evaluation Evaluator::evaluate(const std::vector<Structure>& systems) {
  const auto start = std::chrono::steady_clock::now();
  Evaluation result;
  for (std::size_t begin = 0; begin < systems.size();) {
    const std::size_t end = end_of_batch(systems, begin);
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
