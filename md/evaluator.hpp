#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "md/potential.hpp"
#include "md/structure.hpp"

namespace md {

/// What a potential says of one system.
struct Evaluation {
  double energy = 0;         // eV
  std::vector<Vec3> forces;  // [n] eV/A
  Mat3 virial{};             // -sum r (x) dE/dr, eV; zero where none was asked for
  std::optional<ForceUncertainty> uncertainty{};  // nothing: the potential estimates none
};

/// The larger of two numbers; what is no number counts as the largest.
inline double larger(double a, double b) { return a > b || a != a ? a : b; }
/// Length of the largest difference between vectors of equal index, in their unit.
double largest_difference(const std::vector<Vec3>& a, const std::vector<Vec3>& b);

/// Energies and forces of any structures by the engine, in batches.
class Evaluator {
 public:
  Evaluator(Device device, int threads, std::unique_ptr<Potential> potential);
  /// By a potential that belongs to somebody else and outlives this.
  Evaluator(Device device, int threads, Potential& potential);

  /// What does not come out as a finite number is handed on as it is. After every batch
  /// `after_batch` is told how many systems are done.
  std::vector<Evaluation> evaluate(std::span<const Structure> systems, bool virial = false,
                                   const std::function<void(std::size_t)>& after_batch = {});
  Evaluation evaluate(const Structure& system, bool virial = false);
  /// The end of the batch that begins with system `begin`: enough to fill a device, not its memory.
  static std::size_t batch_end(std::span<const Structure> systems, std::size_t begin);

  const Device& device() const { return device_; }
  int threads() const { return threads_; }
  const Potential& potential() const { return *potential_; }
  Potential& potential() { return *potential_; }  // for a simulation of one's own

 private:
  void evaluate_batch(std::span<const Structure> systems, bool virial,
                      std::vector<Evaluation>& results);

  Device device_;
  int threads_;
  std::unique_ptr<Potential> own_;
  Potential* potential_;
};

}  // namespace md
