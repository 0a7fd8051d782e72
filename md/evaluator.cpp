#include "md/evaluator.hpp"

#include "md/simulation.hpp"

namespace md {
namespace {

constexpr int batch_atoms = 4096, batch_systems = 256;

}  // namespace

double largest_difference(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  double result = 0;
  for (std::size_t i = 0; i < a.size(); ++i) result = larger(result, norm(a[i] - b[i]));
  return result;
}

Evaluator::Evaluator(Device device, int threads, std::unique_ptr<Potential> potential)
    : device_(device), threads_(threads), own_(std::move(potential)), potential_(own_.get()) {}

Evaluator::Evaluator(Device device, int threads, Potential& potential)
    : device_(device), threads_(threads), potential_(&potential) {}

std::size_t Evaluator::batch_end(std::span<const Structure> systems, std::size_t begin) {
  std::size_t end = begin;
  for (int atoms = 0; end < systems.size() && end - begin < batch_systems &&
                      (end == begin || atoms + systems[end].size() <= batch_atoms);
       ++end)
    atoms += systems[end].size();
  return end;
}

void Evaluator::evaluate_batch(std::span<const Structure> systems, bool virial,
                               std::vector<Evaluation>& results) {
  const std::vector<Structure> batch(systems.begin(), systems.end());
  Simulation simulation(device_, threads_, batch, std::vector<ReplicaSettings>(batch.size()),
                        *potential_, nullptr, 0, {});
  simulation.evaluate(virial);
  const State& state = simulation.state();
  const std::vector<double> energies = state.potential.download();
  const std::vector<Vec3> forces = state.force.download();
  const std::vector<Mat3> virials = virial ? state.virial.download() : std::vector<Mat3>();
  const auto uncertainty = simulation.uncertainty();
  for (std::size_t r = 0; r < batch.size(); ++r) {
    const auto first = forces.begin() + state.first_atom()[r];
    results.push_back(
        {energies[r], {first, first + batch[r].size()}, virial ? virials[r] : Mat3{}});
    if (!uncertainty.empty()) results.back().uncertainty = uncertainty[r];
  }
}

std::vector<Evaluation> Evaluator::evaluate(std::span<const Structure> systems, bool virial,
                                            const std::function<void(std::size_t)>& after_batch) {
  std::vector<Evaluation> results;
  results.reserve(systems.size());
  for (std::size_t begin = 0; begin < systems.size(); begin = results.size()) {
    const std::size_t end = batch_end(systems, begin);
    evaluate_batch(systems.subspan(begin, end - begin), virial, results);
    if (after_batch) after_batch(results.size());
  }
  return results;
}

Evaluation Evaluator::evaluate(const Structure& system, bool virial) {
  return std::move(evaluate(std::span(&system, 1), virial)[0]);
}

}  // namespace md
