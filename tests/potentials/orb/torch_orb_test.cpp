// Orb on LibTorch: against orb-models, and against the CPU's own kernels.
#include "potentials/orb/torch_orb.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "md/state.hpp"
#include "potentials/orb/orb.hpp"
#include "tests/potentials/orb/orb_cases.hpp"
#include "tests/potentials/painn/random_painn.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

using orb::TorchOrb, orb::TorchOrbGraph;

at::Tensor doubles(const std::vector<Vec3>& x) {
  return at::from_blob(const_cast<Vec3*>(x.data()), {static_cast<std::int64_t>(x.size()), 3},
                       at::kDouble);
}
at::Tensor longs(const std::vector<int>& x) { return at::tensor(x, at::kInt).to(at::kLong); }

/// The network on the edges of the reference, whatever it chose among tied ones.
void expect_network_agrees(at::ScalarType type, double energy, double forces, double stress) {
  const Safetensors file(orb_small);
  const TorchOrb network(file, orb::OrbModel::read(file), {type, type}, Device{});
  for (const auto& [name, c] : orb_cases()) {
    const TorchOrbGraph graph{1,
                              longs(c.structure.numbers),
                              at::zeros({c.size()}, at::kLong),
                              longs(c.graph.sender),
                              longs(c.graph.receiver),
                              doubles(c.graph.vector)};
    const orb::TorchOrbPrediction p = network.predict(graph);
    EXPECT_NEAR(p.energy.item<double>(), c.energy, energy * c.size()) << name;
    const at::Tensor balanced =
        orb::without_net_force(graph, p.forces, doubles(c.structure.positions),
                               at::full({1}, norm(c.structure.cell[0]) == 0, at::kBool));
    EXPECT_LE((balanced - doubles(c.forces)).abs().max().item<double>(), forces) << name;
    for (int k = 0; k < 6; ++k)
      EXPECT_NEAR(p.stress[0][k].item<double>(), c.stress[k], stress) << name;
  }
}

TEST(TorchOrb, AgreesWithOrbModels) {
  expect_network_agrees(at::kDouble, 1e-10, 1e-10, 1e-11);
  expect_network_agrees(at::kFloat, 1e-5, 2e-5, 2e-6);
}

/// Molecules and periodic boxes at random, all cases of the reference (crystals with ties at the
/// cap, a lone atom, atoms on a line), an atom alone in a small cell.
std::vector<Structure> mixed_batch() {
  Random random(20261123);
  std::vector<Structure> systems = orb_systems();
  for (int k = 0; k < 12; ++k)
    systems.push_back(random_structure(random, 1 + static_cast<int>(random() % 60), k));
  Structure line = random_structure(random, 4, 1), copper = random_structure(random, 1, 0);
  for (int k = 0; k < 4; ++k) line.positions[k] = (1.1 * k) * Vec3{0.6, 0, 0.8};
  copper.cell = {{{2.5, 0, 0}, {0, 2.5, 0}, {0, 0, 2.5}}};  // 80 images of itself, all of them tied
  systems.push_back(line);
  systems.push_back(copper);
  return systems;
}

TEST(TorchOrb, FindsTheEdgesOfTheKernelsToTheBit) {
  const std::vector<Structure> systems = mixed_batch();
  Stream stream(Device{}, 1);
  State state(Device{}, systems, std::vector<ReplicaSettings>(systems.size()));
  NeighborList neighbors(state, 6, 0.7, stream);
  neighbors.build(stream);
  const StateView view = state.view();
  const int n = static_cast<int>(systems.size());
  for (const int most : {1, 9, 20, 1000})
    for (const auto& [first, last] : {std::pair{0, n}, {3, 17}, {n - 1, n}}) {
      const int begin = view.first_atom[first], end = view.first_atom[last];
      orb::Graph wanted;
      orb::NearestNeighbors(6, most).find(view, neighbors.view(), begin, end, stream, wanted);
      const TorchOrbGraph graph =
          orb::nearest_graph(view, neighbors.view(), Device{}, first, last, begin, end, 6, most);
      EXPECT_TRUE(graph.sender.equal(longs(wanted.sender))) << most;
      EXPECT_TRUE(graph.receiver.equal(longs(wanted.receiver))) << most;
      EXPECT_TRUE(graph.vector.equal(doubles(wanted.vector))) << most;
    }
}

/// Largest differences of two results over a batch: energy per atom, force, virial per volume.
struct Difference {
  double energy = 0, force = 0, stress = 0, mean_square_force = 0;
};
Difference compare(const std::vector<Structure>& systems, const BatchResult& a,
                   const BatchResult& b) {
  Difference worst;
  int n_atoms = 0;
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const double volume = std::abs(determinant(systems[r].cell));
    worst.energy = std::max(worst.energy, std::abs(a.energy[r] - b.energy[r]) / systems[r].size());
    worst.force = std::max(worst.force, largest_component(a.forces[r], b.forces[r]));
    for (int k = 0; k < 9; ++k) {
      const double w = a.virial[r][k / 3][k % 3] - b.virial[r][k / 3][k % 3];
      worst.stress = std::max(worst.stress, volume > 0 ? std::abs(w) / volume : std::abs(w));
    }
    for (int i = 0; i < systems[r].size(); ++i) {
      const Vec3 off = a.forces[r][i] - b.forces[r][i];
      worst.mean_square_force += dot(off, off) / 3;
    }
    n_atoms += systems[r].size();
  }
  worst.mean_square_force /= n_atoms;
  return worst;
}

BatchResult evaluate(const OrbOptions& how, const std::vector<Structure>& systems) {
  return evaluate_batch(*make_orb(how), systems, 2);
}

// More atoms than one group of replicas has.
TEST(TorchOrb, AgreesWithTheKernelsForAMixedBatch) {
  const std::vector<Structure> systems = mixed_batch();
  for (const auto& [most, strict] : {std::pair{"20", false}, {"20", true}, {"9", false}}) {
    const Difference d = compare(
        systems,
        evaluate({.evaluation = "libtorch", .strict = strict, .max_neighbors = most}, systems),
        evaluate({.evaluation = "kernels", .max_neighbors = most}, systems));
    EXPECT_LE(d.energy, 1e-10);
    EXPECT_LE(d.force, 1e-10);
    EXPECT_LE(d.stress, 1e-11);
  }
}

TEST(TorchOrb, GivesTheSameBitsAloneAndInAnyBatchWhenStrict) {
  const std::vector<Structure> systems = mixed_batch();
  const OrbOptions how{.evaluation = "libtorch", .precision = "float32", .strict = true};
  const BatchResult batch = evaluate(how, systems);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const BatchResult alone = evaluate(how, {systems[r]});
    EXPECT_EQ(alone.energy[0], batch.energy[r]) << r;
    EXPECT_EQ(largest_component(alone.forces[0], batch.forces[r]), 0) << r;
  }
}

/// What a precision costs beside double, both by LibTorch.
Difference error_of(const std::string& precision, const Device& device = {}) {
  const std::vector<Structure> systems = mixed_batch();
  const auto potential =
      make_orb({.evaluation = "libtorch", .precision = precision, .device = device});
  const BatchResult truth = evaluate({.evaluation = "libtorch"}, systems);
  const Difference d = compare(systems, evaluate_batch(*potential, systems, 2, 0.5, device), truth);
  const double rms = std::sqrt(d.mean_square_force);
  BatchResult zero = truth;
  for (auto& forces : zero.forces) forces.assign(forces.size(), {});
  testing::Test::RecordProperty(
      "rms_of_forces", std::to_string(std::sqrt(compare(systems, truth, zero).mean_square_force)));
  for (const auto& [name, value] : {std::pair{"energy", d.energy},
                                    {"force", d.force},
                                    {"stress", d.stress},
                                    {"rms_force", rms}})
    testing::Test::RecordProperty(precision + "_" + name, std::to_string(value * 1e6) + "e-6");
  return d;
}

TEST(TorchOrb, LosesInShorterPrecisionsWhatTheirBitsAllow) {
  const Difference single = error_of("float32"), bf16 = error_of("bf16");
  EXPECT_LE(single.energy, 1e-5);
  EXPECT_LE(single.force, 2e-5);
  EXPECT_LE(single.stress, 2e-6);
  EXPECT_GE(bf16.force, 100 * single.force);  // 16 bits fewer: it really is another precision
  EXPECT_LE(bf16.energy, 0.15);               // twice what was measured; forces are 1.5 eV/A (rms)
  EXPECT_LE(bf16.force, 0.2);
  EXPECT_LE(bf16.stress, 0.02);
}

TEST(TorchOrb, OnAGpuGivesWhatItGivesOnTheCpu) {
#ifndef MD_TORCH_CUDA
  GTEST_SKIP() << "this build's LibTorch has no GPU path";
#endif
  if (gpu_count() == 0) GTEST_SKIP() << "no GPU";
  const Device gpu = select_device("cuda");
  const Difference exact = error_of("float64", gpu), single = error_of("float32", gpu),
                   tf32 = error_of("tf32", gpu), again = error_of("float32", gpu);
  EXPECT_LE(exact.energy, 1e-10);
  EXPECT_LE(exact.force, 1e-10);
  EXPECT_LE(exact.stress, 1e-11);
  EXPECT_LE(single.force, 2e-5);
  EXPECT_GE(tf32.force, 20 * single.force);  // 13 bits fewer
  EXPECT_LE(tf32.force, 0.02);
  EXPECT_EQ(again.force, single.force);  // tf32 is over when its evaluation is
  EXPECT_LE(error_of("bf16", gpu).force, 0.2);
}

// Positions that are no numbers spoil their own replica.
TEST(TorchOrb, KeepsABadReplicaToItself) {
  const Structure& good = orb_cases().at("acetic_acid").structure;
  Structure bad = good;
  bad.positions[2].y = std::numeric_limits<double>::quiet_NaN();
  const BatchResult alone = evaluate({.evaluation = "libtorch"}, {good}),
                    mixed = evaluate({.evaluation = "libtorch"}, {good, bad, good});
  EXPECT_FALSE(std::isfinite(mixed.forces[1][0].x));
  for (const int r : {0, 2}) {
    EXPECT_NEAR(mixed.energy[r], alone.energy[0], 1e-11);
    EXPECT_LE(largest_component(mixed.forces[r], alone.forces[0]), 1e-11);
  }
}

TEST(TorchOrb, GivesNoVirialWithoutAStressHead) {
  EditableSafetensors edited(orb_small);
  for (const char* part : {"mlp.NN-0.weight", "mlp.NN-0.bias", "mlp.NN-1.weight", "mlp.NN-1.bias"})
    edited.remove(std::string("heads.stress.") + part);
  const TemporaryFile path(edited.bytes());
  const auto potential = make_orb({.evaluation = "libtorch", .model = path.path()});
  EXPECT_FALSE(potential->traits().virial);
  const OrbCase& c = orb_cases().at("nacl8");
  const BatchResult result = evaluate_batch(*potential, {c.structure});
  EXPECT_NEAR(result.energy[0], c.energy, 1e-10 * c.size());
  EXPECT_EQ(norm(result.virial[0][0]), 0);
}

TEST(TorchOrb, WarnsOfRoundedProducts) {
  const auto caution = [](const std::string& precision) {
    return make_orb({.evaluation = "libtorch", .precision = precision})->traits().caution;
  };
  EXPECT_EQ(caution("float32"), "");
  EXPECT_NE(caution("bf16").find("bf16"), std::string::npos);
}

TEST(TorchOrb, RefusesWhatItCannotDo) {
  const auto expect = [](const OrbOptions& how, const std::string& part) {
    EXPECT_NE(refusal_of(how).find(part), std::string::npos) << refusal_of(how);
  };
  expect({.evaluation = "libtorch", .precision = "tf32"}, "'tf32' runs on a GPU only; float32,");
  expect({.evaluation = "libtorch", .precision = "fp16"}, "float32, float64, tf32 or bf16");
  expect({.precision = "bf16"}, "use potential.evaluation = libtorch");
#ifndef MD_TORCH_CUDA
  const Device gpu{Device::Kind::cuda, 0};
  EXPECT_THROW(make_orb({.evaluation = "libtorch", .device = gpu}), ResourceError);
  EXPECT_THROW(make_orb({.device = gpu}), ResourceError);
#endif
  EditableSafetensors edited(orb_small);
  const std::string name = "model.gnn_stacks.1._node_mlp.mlp.NN-0.weight";
  const float bad = std::numeric_limits<float>::infinity();
  std::memcpy(
      edited.data.data() + edited.header[name]["data_offsets"][0].get<std::size_t>() + 4 * 5, &bad,
      4);
  const TemporaryFile path(edited.bytes());
  expect({.evaluation = "libtorch", .model = path.path()},
         "'" + name + "': element 5 is not a finite number");
}

}  // namespace
}  // namespace md::test
