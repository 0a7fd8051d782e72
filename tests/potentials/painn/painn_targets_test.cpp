// The PaiNN kernels are compiled for several kinds of processor: each that this one can run.
#include <gtest/gtest.h>

#include "tests/potentials/evaluate_batch.hpp"
#include "tests/potentials/every_processor.hpp"
#include "tests/potentials/reference_cases.hpp"

namespace md::test {
namespace {

class PainnTargets : public EveryProcessor {};

TEST_P(PainnTargets, AgreeWithSchNetPack) {
  const std::string data = std::string(MD_SOURCE_DIR) + "/tests/data/";
  const auto cases = read_cases(data + "painn_small_cases.json");
  std::vector<Structure> systems;
  for (const auto& [name, c] : cases) systems.push_back(c.structure);
  for (const bool single : {false, true})
    for (const std::string filters : {"exact", "table"}) {
      const auto potential = make_potential(
          "painn", {{"model", data + "painn_small.safetensors"}, {"filters", filters}},
          {single ? "float32" : "float64"});
      const BatchResult result = evaluate_batch(*potential, systems);
      const bool exact = filters == "exact";
      int r = 0;
      for (const auto& [name, c] : cases) {
        const double energy = single || !exact ? (exact ? 1e-5 : 2e-5) : 1e-10;
        const double force = single || !exact ? (exact ? 1e-4 : 2e-4) : 1e-10;
        EXPECT_NEAR(result.energy[r], c.energy, energy * c.structure.size()) << name << filters;
        EXPECT_LE(largest_component(result.forces[r], c.forces), force) << name << filters;
        ++r;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Processors, PainnTargets,
                         testing::ValuesIn(hwy::SupportedAndGeneratedTargets()), processor_name);

}  // namespace
}  // namespace md::test
