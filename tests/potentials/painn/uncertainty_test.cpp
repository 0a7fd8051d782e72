#include "potentials/painn/uncertainty.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "md/errors.hpp"
#include "md/state.hpp"
#include "potentials/painn/feature_uncertainty.hpp"
#include "potentials/painn/painn.hpp"
#include "tests/potentials/painn/device_painn.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

using namespace painn;

constexpr int width = 6;  // H

/// Features by a formula, so that another program can make the same ones.
std::vector<double> features(double s, const std::vector<int>& numbers) {
  std::vector<double> f;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    for (int a = 0; a < width; ++a)
      f.push_back(std::sin(1.3 * a + 0.7 * double(i) + 0.37 * s * (a + 1)) + 0.1 * numbers[i]);
  return f;
}

Uncertainty fitted() {
  UncertaintyFit fit({1, 8, 9}, width);  // no structure has fluorine
  for (int s = 0; s < 40; ++s) {
    const std::vector<int> numbers =
        s % 3 != 0 ? std::vector<int>{8, 1, 1} : std::vector<int>{8, 1, 1, 1};
    fit.add(numbers, features(s, numbers));
  }
  return fit.finish();
}

PainnModel model_with(const Uncertainty& uncertainty) {
  Random random(3);
  PainnModel model = random_model(random, 2 * width, 1, 8, 4.0);
  model.elements = {1, 8, 9};
  model.uncertainty = uncertainty;
  return model;
}

/// Of one system with these features, by the evaluation itself.
ForceUncertainty evaluate(const Uncertainty& uncertainty, const std::vector<int>& numbers,
                          const std::vector<double>& f) {
  Structure s;
  s.numbers = numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i) s.positions.push_back({2.0 * double(i), 0, 0});
  Stream stream(Device{}, 1);
  State state(Device{}, {s}, std::vector<ReplicaSettings>(1));
  return FeatureUncertainty(model_with(uncertainty), Device{})
      .evaluate(state.view(), f.data(), width, stream)[0];
}

// By NumPy from the definition, with linalg.solve in place of the factors.
TEST(Uncertainty, IsWhatItsDefinitionSays) {
  const Uncertainty u = fitted();
  const std::vector<int> water{8, 1, 1}, other{1, 1, 8, 8};
  const ForceUncertainty a = evaluate(u, water, features(3.3, water));
  EXPECT_NEAR(a.error, 1.6318785095488355, 1e-8);
  EXPECT_EQ(a.atom, 0);
  const ForceUncertainty b = evaluate(u, other, features(100.5, other));
  EXPECT_NEAR(b.error, 1.8987686321842139, 1e-8);
  EXPECT_EQ(b.atom, 2);
}

TEST(Uncertainty, IsWithoutBoundForAnElementThatTheDataHaveNot) {
  const ForceUncertainty u = evaluate(fitted(), {8, 1, 9}, features(1, {8, 1, 9}));
  EXPECT_TRUE(std::isinf(u.error));
  EXPECT_EQ(u.atom, 2);
}

TEST(Uncertainty, IsNoNumberWhereTheFeaturesAreNone) {
  std::vector<double> f = features(1, {8, 1, 1});
  f[width + 2] = std::nan("");
  const ForceUncertainty u = evaluate(fitted(), {8, 1, 1}, f);
  EXPECT_TRUE(std::isnan(u.error));
  EXPECT_EQ(u.atom, 1);
}

TEST(Uncertainty, IsCalibratedByFramesThatWereLeftOut) {
  Uncertainty u = fitted();
  const std::vector<CalibrationFrame> frames{{1, 0.1}, {2, 0.4}, {5, 0.5}};
  std::vector<double> normal;
  for (int k = 200; k >= 0; --k) normal.push_back(k);
  EXPECT_TRUE(calibrate(u, frames, normal));
  EXPECT_NEAR(u.calibration, std::cbrt(0.1 * 0.2 * 0.1), 1e-14);
  EXPECT_NEAR(u.threshold, 198 * u.calibration, 1e-12);
  EXPECT_FALSE(calibrate(u, {}, normal));
}

TEST(Uncertainty, ComesBackFromItsFile) {
  PainnModel model = model_with(fitted());
  model.uncertainty.calibration = 0.018;
  model.uncertainty.threshold = 0.17;
  const std::string path = testing::TempDir() + "with_uncertainty.safetensors";
  model.write(path, {});
  const PainnModel back = PainnModel::read(Safetensors(path));
  EXPECT_EQ(back.uncertainty.hidden, width);
  EXPECT_NEAR(back.uncertainty.calibration, 0.018, 1e-8);
  EXPECT_NEAR(back.uncertainty.threshold, 0.17, 1e-7);
  const std::vector<int> water{8, 1, 1};
  EXPECT_NEAR(evaluate(back.uncertainty, water, features(3.3, water)).error,
              0.018 * 1.6318785095488355, 1e-6);
  model.uncertainty = {};
  model.write(path, {});
  EXPECT_TRUE(PainnModel::read(Safetensors(path)).uncertainty.empty());
}

TEST(Uncertainty, IsRefusedWhereItsTensorsAreWrong) {
  const std::string path = testing::TempDir() + "wrong_uncertainty.safetensors";
  const auto refused = [&](auto spoil, const std::string& what) {
    PainnModel model = model_with(fitted());
    model.uncertainty.threshold = 1;
    spoil(model.uncertainty);
    model.write(path, {});
    try {
      PainnModel::read(Safetensors(path));
      ADD_FAILURE() << what << " was accepted";
    } catch (const InputError& e) {
      EXPECT_NE(std::string(e.what()).find("uncertainty." + what), std::string::npos) << e.what();
    }
  };
  refused([](Uncertainty& u) { u.calibration = 0; }, "calibration");
  refused([](Uncertainty& u) { u.threshold = INFINITY; }, "calibration");
  refused([](Uncertainty& u) { u.scale[1] = -1; }, "scale");
  refused([](Uncertainty& u) { u.mean[1] = std::nan(""); }, "mean");
  refused(
      [](Uncertainty& u) {
        u.hidden = width - 1, u.mean.resize(3 * u.hidden), u.scale.resize(3 * u.hidden),
        u.atoms.resize(3 * u.hidden * (u.hidden + 1) / 2),
        u.sums.resize((u.hidden + 1) * (u.hidden + 2) / 2);
      },
      "mean");
}

/// Estimates of a batch by a potential.
std::vector<ForceUncertainty> of_batch(Potential& potential, const std::vector<Structure>& systems,
                                       int threads = 1, Device device = test_device()) {
  Stream stream(device, threads);
  State state(device, systems, std::vector<ReplicaSettings>(systems.size()));
  NeighborList neighbors(state, potential.traits().cutoff, 0.5, stream);
  neighbors.build(stream);
  potential.add_forces(state.view(), neighbors, false, stream);
  return potential.uncertainty(state.view(), stream);
}

class UncertaintyOfKernels : public testing::Test {
 protected:
  UncertaintyOfKernels() {
    model_ = random_model(random_, 32, 2, 12, 4.0);
    model_.elements = {1, 6, 7, 8};
    systems_ = random_systems(random_, 30, 20);
    systems_.push_back(random_structure(random_, 140, 1));  // on all threads together
    const auto potential = kernels("float64");
    auto& featured = dynamic_cast<Featured&>(*potential);
    featured.keep_features();
    UncertaintyFit fit(model_.elements, model_.head0.out);
    for (const Structure& s : systems_) {
      evaluate_batch(*potential, {s}, 1, 0.5, Device{});
      fit.add(s.numbers, featured.features());
    }
    model_.uncertainty = fit.finish();
    model_.uncertainty.threshold = 10;
  }
  std::unique_ptr<Potential> kernels(const std::string& precision) const {
    const Input none(Input::Schema{});
    return make_kernels(model_, {none, Device{}, 2, false, precision}, Filters::exact);
  }
  Random random_{20260303};
  PainnModel model_;
  std::vector<Structure> systems_;
};

TEST_F(UncertaintyOfKernels, HasTheSameBitsAloneAndInABatch) {
  for (const char* precision : {"float64", "float32"}) {
    const auto potential = kernels(precision);
    const auto batch = of_batch(*potential, systems_, 2, Device{});
    ASSERT_EQ(batch.size(), systems_.size());
    for (std::size_t r = 0; r < systems_.size(); ++r) {
      const auto alone = of_batch(*potential, {systems_[r]}, 1, Device{});
      EXPECT_EQ(alone[0].error, batch[r].error) << r;
      EXPECT_EQ(alone[0].atom, batch[r].atom) << r;
      EXPECT_GT(batch[r].error, 0.1);
    }
  }
}

TEST_F(UncertaintyOfKernels, IsThatOfTheProgramOfTheGpu) {
  const auto theirs = of_batch(*kernels("float64"), systems_, 2, Device{});
  for (const Schedule schedule : {Schedule::batched, Schedule::by_replica}) {
    const auto potential = make_device(model_, "float64", schedule);
    const auto ours = of_batch(*potential, systems_);
    for (std::size_t r = 0; r < systems_.size(); ++r) {
      EXPECT_NEAR(ours[r].error / theirs[r].error, 1, 1e-10) << r;
      EXPECT_EQ(ours[r].atom, theirs[r].atom) << r;
    }
  }
}

TEST_F(UncertaintyOfKernels, LeavesEnergiesAndForcesAsTheyAre) {
  const BatchResult with = evaluate_batch(*kernels("float32"), systems_, 2, 0.5, Device{});
  model_.uncertainty = {};
  const auto without = kernels("float32");
  EXPECT_EQ(without->traits().uncertainty_threshold, 0);
  EXPECT_TRUE(of_batch(*without, systems_, 1, Device{}).empty());
  const BatchResult plain = evaluate_batch(*without, systems_, 2, 0.5, Device{});
  EXPECT_EQ(with.energy, plain.energy);
  for (std::size_t r = 0; r < systems_.size(); ++r)
    EXPECT_EQ(largest_component(with.forces[r], plain.forces[r]), 0);
}

}  // namespace
}  // namespace md::test
