// The network in the CPU's own kernels.
#include "potentials/orb/orb_network.hpp"

#include <gtest/gtest.h>

#include "potentials/orb/net_force.hpp"
#include "tests/potentials/every_processor.hpp"
#include "tests/potentials/orb/orb_cases.hpp"

namespace md::test {
namespace {

struct Tolerance {
  double energy, forces, stress;  // eV per atom, eV/A, eV/A^3
};

/// The network on the edges of the reference, whatever it chose among tied ones.
template <class T>
void expect_network_agrees(const Tolerance& tolerance) {
  const Safetensors file(orb_small);
  orb::Network<T> network(file, orb::OrbModel::read(file));
  Stream stream(Device{}, 2);
  for (const auto& [name, c] : orb_cases()) {
    const int first_atom[2] = {0, c.size()};
    const orb::Prediction& p =
        network.evaluate(c.graph, c.structure.numbers.data(), first_atom, stream);
    std::vector<Vec3> forces = p.forces;
    orb::remove_net_force(forces);
    if (norm(c.structure.cell[0]) == 0) orb::remove_net_torque(forces, c.structure.positions);
    EXPECT_NEAR(p.interaction[0], c.interaction, tolerance.energy * c.size()) << name;
    EXPECT_NEAR(p.interaction[0] + p.reference[0], c.energy, tolerance.energy * c.size()) << name;
    EXPECT_LE(largest_component(forces, c.forces), tolerance.forces) << name;
    for (int k = 0; k < 6; ++k) EXPECT_NEAR(p.stress[0][k], c.stress[k], tolerance.stress) << name;
  }
}

TEST(Orb, AgreesWithOrbModelsInDouble) { expect_network_agrees<double>({1e-10, 1e-10, 1e-11}); }

TEST(Orb, AgreesWithOrbModelsInSinglePrecision) {
  expect_network_agrees<float>({1e-5, 2e-5, 2e-6});
}

class OrbTargets : public EveryProcessor {};

TEST_P(OrbTargets, AgreeWithOrbModels) {
  expect_network_agrees<double>({1e-10, 1e-10, 1e-11});
  expect_network_agrees<float>({1e-5, 2e-5, 2e-6});
}

INSTANTIATE_TEST_SUITE_P(Processors, OrbTargets,
                         testing::ValuesIn(hwy::SupportedAndGeneratedTargets()), processor_name);

TEST(Orb, GivesTheSameBitsAloneInAnyBatchAndOnAnyNumberOfThreads) {
  const std::vector<Structure> systems = orb_systems();
  for (const char* precision : {"float32", "float64"}) {
    const auto potential = make_orb({.evaluation = "kernels", .precision = precision});
    std::vector<Structure> twice = systems;  // 498 atoms: more than one group
    twice.insert(twice.end(), systems.rbegin(), systems.rend());
    const BatchResult batch = evaluate_batch(*potential, twice, 3);
    for (std::size_t r = 0; r < systems.size(); ++r)
      for (const int threads : {1, 2}) {
        const BatchResult alone = evaluate_batch(*potential, {systems[r]}, threads);
        for (const std::size_t k : {r, twice.size() - 1 - r}) {
          EXPECT_EQ(alone.energy[0], batch.energy[k]) << r;
          EXPECT_EQ(largest_component(alone.forces[0], batch.forces[k]), 0) << r;
          EXPECT_EQ(norm(alone.virial[0][0] - batch.virial[k][0]), 0) << r;
        }
      }
  }
}

TEST(Orb, RefusesPrecisionsThatItsKernelsDoNotHave) {
  for (const std::string evaluation : {"auto", "kernels"})
    for (const std::string precision : {"tf32", "bf16", "fp16"}) {
      const std::string message = refusal_of({.evaluation = evaluation, .precision = precision});
      EXPECT_NE(message.find("'" + precision + "'"), std::string::npos) << message;
      EXPECT_NE(message.find("float32 or float64"), std::string::npos) << message;
    }
}

TEST(Orb, HasNoKernelsForAGpu) {
  const std::string message =
      refusal_of({.evaluation = "kernels", .device = {Device::Kind::cuda, 0}});
  EXPECT_NE(message.find("kernels of orb run on the CPU; use libtorch"), std::string::npos)
      << message;
}

}  // namespace
}  // namespace md::test
