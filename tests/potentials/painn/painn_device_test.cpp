// The program of the GPU, run on the host, against the network on LibTorch with automatic
// differentiation, the oracle.
#include <gtest/gtest.h>

#include <cmath>

#include "md/errors.hpp"
#include "potentials/painn/gpu/device_potential.hpp"
#include "tests/potentials/painn/device_painn.hpp"
#include "tests/potentials/painn/painn_oracle.hpp"
#include "tests/potentials/reference_cases.hpp"

namespace md::test {
namespace {

Difference compare(const PainnModel& model, const std::vector<Structure>& systems,
                   const std::string& precision) {
  return from_oracle(model, *make_device(model, precision), systems, 1, 2);
}

TEST_F(PainnDevice, EqualsTheOracleOnRandomStructuresInDouble) {
  for (int round = 0; round < 4; ++round) {
    PainnModel model = random_model(random_, 32, 3, 20, 5.0);
    if (round % 2 == 1) model.envelope = Envelope::polynomial;
    if (round >= 2) model.repulsion = true;
    const Difference d = compare(model, systems(90, 24), "float64");
    expect_equal(d, round);
  }
}

TEST_F(PainnDevice, TakesNetworksOfAnySize) {
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

TEST_F(PainnDevice, IsWithinTheToleranceOfSinglePrecisionWithATable) {
  for (const int channels : {64, 128}) {
    PainnModel model = random_model(random_, channels, 3, 20, 5.0);
    model.repulsion = channels == 64;
    const Difference d = compare(model, systems(60, 24), "float32");
    EXPECT_LE(d.energy, 2e-5) << channels;
    EXPECT_LE(d.excess, 0) << channels << ": worst force error " << d.force;
    EXPECT_GT(d.largest_force, 0.1);
  }
}

TEST_F(PainnDevice, GivesTheSameBitsAloneInABatchAndReplicaByReplica) {
  const PainnModel model = random_model(random_, 32, 3, 20, 5.0);
  std::vector<Structure> batch = systems(20, 30);
  batch.push_back(random_structure(random_, 140, 0));
  for (const char* precision : {"float32", "float64", "tf32"}) {
    const auto together = make_device(model, precision);
    const auto apart = make_device(model, precision, Schedule::by_replica);
    const BatchResult a = evaluate_batch(*together, batch), b = evaluate_batch(*apart, batch);
    for (std::size_t r = 0; r < batch.size(); ++r) {
      const BatchResult alone = evaluate_batch(*together, {batch[r]});
      for (const BatchResult* other : {&b, &alone}) {
        const std::size_t at = other == &b ? r : 0;
        EXPECT_EQ(a.energy[r], other->energy[at]) << precision << r;
        EXPECT_EQ(largest_component(a.forces[r], other->forces[at]), 0) << precision << r;
        for (int k = 0; k < 3; ++k)
          EXPECT_EQ(norm(a.virial[r][k] - other->virial[at][k]), 0) << precision << r;
      }
    }
  }
}

TEST_F(PainnDevice, RoundsOperandsOnlyAsMuchAsThePrecisionSays) {
  const PainnModel model = random_model(random_, 64, 3, 20, 5.0);
  const std::vector<Structure> batch = systems(30, 20);
  const double tf32 = compare(model, batch, "tf32").force,
               fp16 = compare(model, batch, "fp16").force,
               bf16 = compare(model, batch, "bf16").force,
               single = compare(model, batch, "float32").force;
  EXPECT_LE(20 * single, tf32);  // 13 bits fewer
  EXPECT_LE(tf32, 0.05);
  EXPECT_LE(0.3 * tf32, fp16);  // the same mantissa
  EXPECT_LE(fp16, 3 * tf32);
  EXPECT_LE(3 * tf32, bf16);  // 3 bits fewer
  EXPECT_LE(bf16, 0.5);
  for (const char* precision : {"tf32", "fp16", "bf16"})  // still a gradient of one energy
    for (const double net : {norm([&] {
           Vec3 sum;
           const auto result = evaluate_batch(*make_device(model, precision), {batch[1]});
           for (const Vec3& f : result.forces[0]) sum += f;
           return sum;
         }())})
      EXPECT_LE(net, 1e-4) << precision;
}

TEST_F(PainnDevice, AgreesWithSchNetPackOnTheReferenceCases) {
  const std::string data = std::string(MD_SOURCE_DIR) + "/tests/data/";
  for (const char* name : {"painn_small", "painn_full"}) {
    const PainnModel model = PainnModel::read(Safetensors(data + name + ".safetensors"));
    const auto cases = read_cases(data + name + "_cases.json");
    std::vector<Structure> systems;
    for (const auto& [label, c] : cases) systems.push_back(c.structure);
    const BatchResult exact = evaluate_batch(*make_device(model, "float64"), systems);
    const std::vector<BatchResult> singles{evaluate_batch(*make_device(model, "float32"), systems),
                                           evaluate_batch(*make_device(model, "tf32x3"), systems)};
    int r = 0;
    for (const auto& [label, c] : cases) {
      EXPECT_NEAR(exact.energy[r], c.energy, 1e-10 * c.structure.size()) << label;
      EXPECT_LE(largest_component(exact.forces[r], c.forces), 1e-10) << label;
      double largest = 0;
      for (const Vec3& f : c.forces) largest = std::max(largest, norm(f));
      for (const BatchResult& single : singles) {
        EXPECT_NEAR(single.energy[r], c.energy, 2e-5 * c.structure.size()) << label;
        EXPECT_LE(largest_component(single.forces[r], c.forces),
                  2 * std::max(1e-4, 1e-5 * largest + 1e-5))
            << label;
      }
      if (c.stress) {
        const double volume = std::abs(determinant(c.structure.cell));
        for (int k = 0; k < 9; ++k)
          EXPECT_NEAR(-exact.virial[r][k / 3][k % 3] / volume, (*c.stress)[k / 3][k % 3], 1e-11)
              << label;
      }
      ++r;
    }
  }
}

TEST_F(PainnDevice, ABrokenReplicaLeavesTheOthersAlone) {
  PainnModel model = random_model(random_, 32, 2, 20, 5.0);
  model.repulsion = true;
  const Structure good = random_structure(random_, 12, 1);
  Structure bad = good;
  bad.positions[0] = bad.positions[1];  // 0/0 in the direction of the edge
  for (const char* precision : {"float32", "float64"}) {
    const auto potential = make_device(model, precision);
    const BatchResult alone = evaluate_batch(*potential, {good});
    const BatchResult mixed = evaluate_batch(*potential, {good, bad, good});
    EXPECT_FALSE(std::isfinite(mixed.forces[1][0].x));
    for (const int r : {0, 2}) {
      EXPECT_EQ(mixed.energy[r], alone.energy[0]);
      EXPECT_EQ(largest_component(mixed.forces[r], alone.forces[0]), 0);
    }
  }
}

TEST_F(PainnDevice, DoesNothingWhileTheGateIsClosed) {
  const auto potential = make_device(random_model(random_, 32, 2, 20, 5.0), "float32");
  Stream stream(test_device(), 1);
  State state(test_device(), {random_structure(random_, 12, 1)}, std::vector<ReplicaSettings>(1));
  NeighborList neighbors(state, 5.0, 0.5, stream);
  stream.set_gate(state.halt.data());
  state.halt.fill(1);
  state.force.fill({1, 2, 3});
  potential->add_forces(state.view(), neighbors, true, stream);
  for (const Vec3& f : state.force.download()) EXPECT_EQ(norm(f - Vec3{1, 2, 3}), 0);
  state.halt.fill(0);
  potential->add_forces(state.view(), neighbors, true, stream);
  for (const Vec3& f : state.force.download()) EXPECT_NE(norm(f - Vec3{1, 2, 3}), 0);
}

TEST_F(PainnDevice, MayBeRecordedAndSaysWhatPrecisionsThereAre) {
  const PainnModel model = random_model(random_, 32, 2, 20, 5.0);
  EXPECT_TRUE(make_device(model, "float32")->traits().recordable);
  EXPECT_NE(make_device(model, "bf16")->traits().caution.find("0.004 eV/A"), std::string::npos);
  try {
    make_device(model, "int8");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("tf32, bf16 or fp16"), std::string::npos);
  }
}

}  // namespace
}  // namespace md::test
