// The shipped student as a force field of dynamics.
#include <gtest/gtest.h>

#include <cmath>

#include "md/simulation.hpp"
#include "tests/potentials/evaluate_batch.hpp"
#include "tests/potentials/reference_cases.hpp"

namespace md::test {
namespace {

std::unique_ptr<Potential> shipped_student() {
  return make_potential(
      "painn", {{"model", std::string(MD_SOURCE_DIR) + "/inputs/models/student.safetensors"},
                {"evaluation", MD_EVALUATION}});
}

Simulation cluster(Potential& student, double time_step) {
  const auto cases = read_cases(std::string(MD_SOURCE_DIR) + "/tests/data/painn_full_cases.json");
  std::vector<Structure> systems{cases.at("water5").structure};
  systems[0].velocities.assign(systems[0].size(), {});
  const auto& entry = integrators().find("velocity_verlet");
  const Input input(Input::Schema{{"integrator", entry.keys}});
  return Simulation(Device{}, 1, systems, {{0, 0, 0, 3 * systems[0].size()}}, student,
                    entry.make({input, time_step, 1}), 1.0, {});
}

/// Root mean square of the total energy about its mean, eV per atom.
double fluctuation(double time_step, double time) {
  const auto student = shipped_student();
  Simulation s = cluster(*student, time_step);
  s.evaluate(false);
  double sum = 0, square = 0;
  const int n = static_cast<int>(std::lround(time / time_step));
  double first = 0;
  for (int k = 0; k < n; ++k) {
    s.advance(1, false);
    const double energy = s.state().potential.read(0) + s.state().kinetic.read(0);
    if (k == 0) first = energy;
    sum += (energy - first) / n;
    square += (energy - first) * (energy - first) / n;
  }
  return std::sqrt(square - sum * sum) / s.state().n_atoms();
}

TEST(PainnDynamics, EnergyFluctuationFallsAsTheSquareOfTheTimeStep) {
  const double coarse = fluctuation(0.4, 60), fine = fluctuation(0.2, 60);
  EXPECT_LT(fine, 5e-5);
  EXPECT_GT(coarse / fine, 3.6);
  EXPECT_LT(coarse / fine, 4.4);
}

TEST(PainnDynamics, RunsBackToWhereItCameFrom) {
  const auto student = shipped_student();
  Simulation s = cluster(*student, 0.25);
  s.evaluate(false);
  const std::vector<Vec3> start = s.state().position.download();
  s.advance(80, false);
  std::vector<Vec3> v = s.state().velocity.download();
  for (Vec3& one : v) one = -one;
  s.state().velocity.upload(v);
  s.advance(80, false);
  const std::vector<Vec3> end = s.state().position.download();
  EXPECT_GT(norm(start[1]), 0);
  for (std::size_t i = 0; i < start.size(); ++i) EXPECT_LT(norm(end[i] - start[i]), 1e-10);
}

}  // namespace
}  // namespace md::test
