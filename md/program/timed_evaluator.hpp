#pragma once

#include <memory>
#include <vector>

#include "md/simulation.hpp"

namespace md {

/// A potential that belongs to somebody else: makes short-lived simulations possible.
class BorrowedPotential final : public Potential {
 public:
  explicit BorrowedPotential(Potential& potential) : potential_(potential) {}
  const PotentialTraits& traits() const override { return potential_.traits(); }
  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    potential_.add_forces(state, neighbors, virial, stream);
  }

 private:
  Potential& potential_;
};

/// Energies (eV) and forces (eV/A) of systems: [n_systems], [n_atoms] back to back.
struct BatchEvaluation {
  std::vector<double> energy;
  std::vector<Vec3> force;
};

/// Evaluates systems on the host with one potential, in batches, and counts the time that takes.
class TimedEvaluator {
 public:
  TimedEvaluator(std::unique_ptr<Potential> potential, Device device, int threads)
      : potential_(std::move(potential)), device_(device), threads_(threads) {}

  BatchEvaluation evaluate(const std::vector<Structure>& systems);
  /// A simulation of these systems, which nothing moves. The evaluator must outlive it.
  std::unique_ptr<Simulation> simulation(const std::vector<Structure>& systems, double skin);

  const Potential& potential() const { return *potential_; }
  double time() const { return time_; }  // s on the clock
  void add_time(double seconds) { time_ += seconds; }

 private:
  std::unique_ptr<Potential> potential_;
  Device device_;
  int threads_;
  double time_ = 0;
};

}  // namespace md
