// Own kernels against the same network on LibTorch with automatic differentiation, the oracle.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/potentials/painn/painn_oracle.hpp"
#include "tests/potentials/painn/random_painn.hpp"

namespace md::test {
namespace {

using painn::Filters;
const Input none(Input::Schema{});

PotentialOptions options(const std::string& precision, int threads = 2) {
  return {none, Device{}, threads, false, precision};
}

Difference compare(const PainnModel& model, const std::vector<Structure>& systems,
                   const std::string& precision, Filters filters = Filters::exact) {
  return from_oracle(model, *painn::make_kernels(model, options(precision), filters), systems, 2,
                     filters == Filters::table ? 2 : 1);
}

class PainnKernels : public testing::Test {
 protected:
  std::vector<Structure> systems(int count, int largest) {
    return random_systems(random_, count, largest);
  }
  Random random_{20260101};
};

TEST_F(PainnKernels, StayNumbersWhereAtomsCollide) {
  // Arguments of the activation far beyond the range of the exponential.
  PainnModel model = random_model(random_, 32, 3, 20, 5.0);
  for (double& x : model.filter.weight) x *= 100;
  Structure pair;
  pair.numbers = {1, 1};
  pair.positions = {{0, 0, 0}, {0, 0, 0.05}};
  const BatchResult ours =
      evaluate_batch(*painn::make_kernels(model, options("float64"), Filters::exact), {pair}, 2);
  const BatchResult truth = evaluate_batch(*make_oracle(model), {pair}, 2);
  EXPECT_TRUE(std::isfinite(truth.energy[0]));
  EXPECT_NEAR(ours.energy[0] / truth.energy[0], 1, 1e-9);
  EXPECT_NEAR(norm(ours.forces[0][0]) / norm(truth.forces[0][0]), 1, 1e-9);
}

TEST_F(PainnKernels, EqualTheOracleOnRandomStructuresInDouble) {
  for (int round = 0; round < 4; ++round) {
    PainnModel model = random_model(random_, 32, 3, 20, 5.0);
    if (round % 2 == 1) model.envelope = Envelope::polynomial;
    if (round >= 2) model.repulsion = true;
    const Difference d = compare(model, systems(250, 24), "float64");
    expect_equal(d, round);
  }
}

TEST_F(PainnKernels, TakeNetworksOfAnySize) {
  struct Size {
    int channels, layers, radial;
    double cutoff;
  };
  for (const Size& size : {Size{48, 4, 16, 4.6}, Size{30, 1, 5, 3.1}, Size{100, 2, 33, 6.0}}) {
    const PainnModel model =
        random_model(random_, size.channels, size.layers, size.radial, size.cutoff);
    const Difference d = compare(model, systems(24, 20), "float64");
    expect_equal(d, size.channels);
  }
}

TEST_F(PainnKernels, AreWithinTheToleranceOfSinglePrecision) {
  const PainnModel model = random_model(random_, 64, 3, 20, 5.0);
  for (const Filters filters : {Filters::exact, Filters::table}) {
    const Difference d = compare(model, systems(100, 24), "float32", filters);
    EXPECT_LE(d.energy, filters == Filters::table ? 2e-5 : 1e-5);
    EXPECT_LE(d.excess, 0) << "worst force error " << d.force;
  }
}

TEST_F(PainnKernels, TabulatedFiltersStayNearTheExactOnes) {
  PainnModel model = random_model(random_, 48, 4, 16, 4.6);
  for (const Envelope envelope : {Envelope::cosine, Envelope::polynomial}) {
    model.envelope = envelope;
    const Difference d = compare(model, systems(60, 20), "float64", Filters::table);
    EXPECT_LE(d.energy, 1e-6);
    EXPECT_LE(d.force, 1e-4);
    EXPECT_GT(d.force, 1e-9);  // that it was the table
  }
}

TEST_F(PainnKernels, LargeSystemsGoInBlocksToTheSameResult) {
  const PainnModel model = random_model(random_, 32, 3, 20, 5.0);
  std::vector<Structure> large;
  for (int k = 0; k < 2; ++k) large.push_back(random_structure(random_, 150 + k, k));
  const Difference d = compare(model, large, "float64");
  EXPECT_LE(d.energy, 1e-10);
  EXPECT_LE(d.force, 1e-10);
}

TEST_F(PainnKernels, GiveTheSameBitsOnOneThreadOnTwoAndAlone) {
  const PainnModel model = random_model(random_, 32, 3, 20, 5.0);
  std::vector<Structure> batch = systems(20, 30);
  batch.push_back(random_structure(random_, 140, 0));
  for (const int kind : {0, 1, 2}) {
    const std::string precision = kind == 0 ? "float64" : "float32";
    const Filters filters = kind == 2 ? Filters::table : Filters::exact;
    const auto one = painn::make_kernels(model, options(precision, 1), filters);
    const auto two = painn::make_kernels(model, options(precision, 2), filters);
    const BatchResult a = evaluate_batch(*one, batch, 1), b = evaluate_batch(*two, batch, 2);
    for (std::size_t r = 0; r < batch.size(); ++r) {
      const BatchResult alone = evaluate_batch(*two, {batch[r]}, 2);
      EXPECT_EQ(a.energy[r], b.energy[r]);
      EXPECT_EQ(a.energy[r], alone.energy[0]);
      EXPECT_EQ(largest_component(a.forces[r], b.forces[r]), 0);
      EXPECT_EQ(largest_component(a.forces[r], alone.forces[0]), 0);
    }
  }
}

}  // namespace
}  // namespace md::test
