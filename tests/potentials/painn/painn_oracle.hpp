#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "potentials/painn/painn.hpp"
#include "tests/potentials/evaluate_batch.hpp"

namespace md::test {

using painn::PainnModel;

/// The network on LibTorch with automatic differentiation, in double; where this program is built
/// without LibTorch, the kernels of the CPU, which are tested against it.
inline std::unique_ptr<Potential> make_oracle(const PainnModel& model) {
  const Input none(Input::Schema{});
  const PotentialOptions options{none, Device{}, 2, false, "float64"};
  if (MD_EVALUATION == std::string("kernels"))
    return painn::make_kernels(model, options, painn::Filters::exact);
  return painn::evaluations().find("libtorch").make({model, options});
}

/// Largest differences from the oracle: energy per atom, force, virial per atom; and force beyond
/// the tolerance of single precision.
struct Difference {
  double energy = 0, force = 0, virial = 0, excess = -1;
  double largest_force = 0;  // that there is something to compare
};

/// `factor`: how often the tolerance of single precision is allowed.
inline Difference from_oracle(const PainnModel& model, Potential& potential,
                              const std::vector<Structure>& systems, int threads, double factor) {
  const BatchResult ours = evaluate_batch(potential, systems, threads);
  const BatchResult truth = evaluate_batch(*make_oracle(model), systems, 2, 0.5, Device{});
  Difference worst;
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const double n = systems[r].size();
    const double force = largest_component(ours.forces[r], truth.forces[r]);
    double largest = 0;
    for (const Vec3& f : truth.forces[r]) largest = std::max(largest, norm(f));
    worst.energy = std::max(worst.energy, std::abs(ours.energy[r] - truth.energy[r]) / n);
    worst.force = std::max(worst.force, force);
    worst.largest_force = std::max(worst.largest_force, largest);
    worst.excess = std::max(worst.excess, force - factor * std::max(1e-4, 1e-5 * largest + 1e-5));
    if (!systems[r].periodic.any()) continue;
    for (int k = 0; k < 9; ++k)
      worst.virial = std::max(
          worst.virial, std::abs(ours.virial[r][k / 3][k % 3] - truth.virial[r][k / 3][k % 3]) / n);
  }
  return worst;
}

/// What evaluations in double must keep, and that there was something to compare.
inline void expect_equal(const Difference& d, int what) {
  EXPECT_LE(d.energy, 1e-10) << what;
  EXPECT_LE(d.force, 1e-10) << what;
  EXPECT_LE(d.virial, 1e-9) << what;
  EXPECT_GT(d.largest_force, 0.1) << what;
}

}  // namespace md::test
