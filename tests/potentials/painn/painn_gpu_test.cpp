// The program of the GPU in dynamics, and on a GPU where there is one.
#include <gtest/gtest.h>

#include <cstdlib>

#include "md/simulation.hpp"
#include "tests/potentials/painn/device_painn.hpp"

namespace md::test {
namespace {

/// Positions after `n` steps of 0.5 fs from rest, with a skin so thin that rows are rebuilt often.
std::vector<Vec3> dynamics(std::unique_ptr<Potential> potential, std::vector<Structure> systems,
                           int n, std::int64_t& n_builds, Device device = {}) {
  for (Structure& s : systems) s.velocities.assign(s.size(), {});
  const auto& entry = integrators().find("velocity_verlet");
  const Input input(Input::Schema{{"integrator", entry.keys}});
  const std::vector<ReplicaSettings> settings(systems.size());
  Simulation simulation(device, 1, systems, settings, *potential, entry.make({input, 0.5, 1}), 0.05,
                        {});
  simulation.evaluate(false);
  simulation.advance(n, false);
  n_builds = simulation.neighbors().n_builds();
  return simulation.state().position.download();
}

TEST_F(PainnDevice, FollowsTheKernelsOfTheCpuThroughRebuilds) {
  const PainnModel model = random_model(random_, 32, 2, 20, 4.0);
  std::vector<Structure> batch{random_structure(random_, 14, 1), random_structure(random_, 9, 0),
                               random_structure(random_, 5, 2)};
  const Input none(Input::Schema{});
  std::int64_t ours = 0, theirs = 0;
  const auto a = dynamics(make_device(model, "float64", Schedule::batched, {}), batch, 60, ours);
  const auto b = dynamics(
      painn::make_kernels(model, {none, Device{}, 1, false, "float64"}, painn::Filters::exact),
      batch, 60, theirs);
  EXPECT_LE(largest_component(a, b), 1e-9);
  EXPECT_GT(norm(a[0] - batch[0].positions[0]), 1e-3);
  EXPECT_EQ(ours, theirs);
  EXPECT_GT(ours, 6);
}

TEST_F(PainnDevice, OnAGpuGivesWhatItGivesOnTheHost) {
  if (gpu_count() == 0) GTEST_SKIP() << "no GPU";
  const Device gpu = select_device("cuda");
  struct Case {
    const char* precision;
    double tolerance;  // eV, eV/A
  };
  for (const bool small : {true, false}) {
    PainnModel model = random_model(random_, small ? 64 : 96, 3, 20, 5.0);
    model.repulsion = small;
    const bool emulated = std::getenv("EMULATOR_ORDER");  // which takes long
    std::vector<Structure> batch = systems(emulated ? 8 : 40, small || emulated ? 30 : 100);
    for (const Case& c : {Case{"float64", 1e-10}, Case{"float32", 2e-4}, Case{"tf32x3", 2e-4},
                          Case{"tf32", 2e-2}, Case{"fp16", 2e-2}, Case{"bf16", 2e-1}}) {
      const BatchResult host = evaluate_batch(
          *make_device(model, c.precision, Schedule::batched, {}), batch, 1, 0.5, {});
      for (const Schedule schedule : {Schedule::batched, Schedule::by_replica}) {
        const auto potential = make_device(model, c.precision, schedule, gpu);
        const BatchResult device = evaluate_batch(*potential, batch, 1, 0.5, gpu);
        for (std::size_t r = 0; r < batch.size(); ++r) {
          EXPECT_NEAR(device.energy[r], host.energy[r], c.tolerance * batch[r].size());
          EXPECT_LE(largest_component(device.forces[r], host.forces[r]), c.tolerance)
              << c.precision << r;
        }
        const BatchResult alone = evaluate_batch(*potential, {batch[7]}, 1, 0.5, gpu);
        EXPECT_EQ(alone.energy[0], device.energy[7]);
        EXPECT_EQ(largest_component(alone.forces[0], device.forces[7]), 0);
      }
    }
  }
}

TEST_F(PainnDevice, OnAGpuFollowsTheCpuInRecordedSteps) {
  if (gpu_count() == 0) GTEST_SKIP() << "no GPU";
  const PainnModel model = random_model(random_, 32, 2, 20, 4.0);
  const std::vector<Structure> batch{random_structure(random_, 14, 1),
                                     random_structure(random_, 9, 0)};
  for (const Schedule schedule : {Schedule::batched, Schedule::by_replica}) {
    const Device gpu = select_device("cuda");
    std::int64_t ours = 0, theirs = 0;
    const auto a = dynamics(make_device(model, "float64", schedule, gpu), batch, 60, ours, gpu);
    const auto b =
        dynamics(make_device(model, "float64", Schedule::batched, {}), batch, 60, theirs);
    EXPECT_LE(largest_component(a, b), 1e-9);
    EXPECT_EQ(ours, theirs);
  }
}

}  // namespace
}  // namespace md::test
