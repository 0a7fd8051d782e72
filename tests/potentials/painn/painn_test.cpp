#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "md/errors.hpp"
#include "tests/potentials/evaluate_batch.hpp"
#include "tests/potentials/reference_cases.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

const std::string data = std::string(MD_SOURCE_DIR) + "/tests/data/";
const std::string small = data + "painn_small.safetensors";

std::unique_ptr<Potential> make(const std::string& model, const MakeOptions& how = {}) {
  return make_potential("painn", {{"model", model}, {"evaluation", MD_EVALUATION}}, how);
}

std::vector<Structure> structures(const std::map<std::string, ReferenceCase>& cases) {
  std::vector<Structure> result;
  for (const auto& [name, c] : cases) result.push_back(c.structure);
  return result;
}

TEST(Painn, AgreesWithSchNetPackForAWholeBatchInDouble) {
  for (const char* name : {"painn_small", "painn_full"})
    for (const bool strict : {false, true}) {
      const auto potential = make(data + name + ".safetensors", {"float64", strict, 2});
      const auto cases = read_cases(data + name + "_cases.json");
      const BatchResult result = evaluate_batch(*potential, structures(cases), 2);
      int r = 0;
      for (const auto& [label, c] : cases) {
        EXPECT_NEAR(result.energy[r], c.energy, 1e-10 * c.structure.size()) << label;
        EXPECT_LE(largest_component(result.forces[r], c.forces), 1e-10) << label;
        if (c.stress) {
          const double volume = std::abs(determinant(c.structure.cell));
          for (int k = 0; k < 9; ++k)
            EXPECT_NEAR(-result.virial[r][k / 3][k % 3] / volume, (*c.stress)[k / 3][k % 3], 1e-11)
                << label;
        }
        ++r;
      }
    }
}

TEST(Painn, StrictGivesTheSameBitsAloneAndInAnyBatch) {
  const auto cases = read_cases(data + "painn_small_cases.json");
  for (const char* precision : {"float32", "float64"}) {
    const auto potential = make(small, {precision, true, 1});
    std::vector<Structure> systems = structures(cases);
    const BatchResult batch = evaluate_batch(*potential, systems);
    for (std::size_t r = 0; r < systems.size(); ++r) {
      const BatchResult alone = evaluate_batch(*potential, {systems[r]});
      EXPECT_EQ(alone.energy[0], batch.energy[r]) << r;
      EXPECT_EQ(largest_component(alone.forces[0], batch.forces[r]), 0) << r;
      EXPECT_EQ(largest_component({alone.virial[0].row, alone.virial[0].row + 3},
                                  {batch.virial[r].row, batch.virial[r].row + 3}),
                0)
          << r;
    }
  }
}

TEST(Painn, FastGivesTheSameAloneAndInABatchToRounding) {
  const auto cases = read_cases(data + "painn_small_cases.json");
  const auto potential = make(small);
  const std::vector<Structure> systems = structures(cases);
  const BatchResult batch = evaluate_batch(*potential, systems);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const BatchResult alone = evaluate_batch(*potential, {systems[r]});
    EXPECT_NEAR(alone.energy[0], batch.energy[r], 1e-12 * systems[r].size()) << r;
    EXPECT_LE(largest_component(alone.forces[0], batch.forces[r]), 1e-12) << r;
  }
}

TEST(Painn, TheSkinChangesNothing) {
  const auto cases = read_cases(data + "painn_small_cases.json");
  const auto potential = make(small);
  for (const char* name : {"acetic_acid", "nacl8", "tri4"}) {
    const Structure& system = cases.at(name).structure;
    const BatchResult thin = evaluate_batch(*potential, {system}, 1, 0.0);
    const BatchResult thick = evaluate_batch(*potential, {system}, 1, 2.0);
    EXPECT_NEAR(thin.energy[0], thick.energy[0], 1e-12 * system.size()) << name;
    EXPECT_LE(largest_component(thin.forces[0], thick.forces[0]), 1e-12) << name;
  }
}

TEST(Painn, ForcesAndVirialAreDerivativesOfTheEnergy) {
  const auto cases = read_cases(data + "painn_small_cases.json");
  const auto potential = make(small);
  for (const char* name : {"h2o", "acetic_acid", "nacl8"})
    EXPECT_LE(force_error(*potential, cases.at(name).structure, 1e-6, 3), 2e-7) << name;
  for (const char* name : {"si2", "tri4"})
    EXPECT_LE(virial_error(*potential, cases.at(name).structure, 1e-6), 1e-6) << name;
}

TEST(Painn, IsInvariantUnderRotationTranslationAndPermutation) {
  const auto cases = read_cases(data + "painn_small_cases.json");
  const auto potential = make(small);
  for (const char* name : {"acetic_acid", "water5", "tri4", "si2"}) {
    const Structure& system = cases.at(name).structure;
    const BatchResult before = evaluate_batch(*potential, {system});
    const double tolerance = 1e-12 * system.size();

    const Mat3 rotation = some_rotation();
    const BatchResult turned = evaluate_batch(*potential, {rotated(system, rotation)});
    std::vector<Vec3> expected = before.forces[0];
    for (Vec3& f : expected) f = f * rotation;
    EXPECT_NEAR(turned.energy[0], before.energy[0], tolerance) << name;
    EXPECT_LE(largest_component(turned.forces[0], expected), 1e-12) << name;

    Structure moved = system;
    for (Vec3& x : moved.positions) x += {0.31, -1.7, 2.2};
    const BatchResult translated = evaluate_batch(*potential, {moved});
    EXPECT_NEAR(translated.energy[0], before.energy[0], tolerance) << name;
    EXPECT_LE(largest_component(translated.forces[0], before.forces[0]), 1e-12) << name;

    Structure reversed = system;
    std::ranges::reverse(reversed.positions);
    std::ranges::reverse(reversed.numbers);
    const BatchResult permuted = evaluate_batch(*potential, {reversed});
    expected = before.forces[0];
    std::ranges::reverse(expected);
    EXPECT_NEAR(permuted.energy[0], before.energy[0], tolerance) << name;
    EXPECT_LE(largest_component(permuted.forces[0], expected), 1e-12) << name;
  }
}

TEST(Painn, ABrokenReplicaLeavesTheOthersAlone) {
  const auto cases = read_cases(data + "painn_small_cases.json");
  const Structure good = cases.at("acetic_acid").structure;
  for (const bool strict : {false, true}) {
    const auto potential = make(small, {"float64", strict, 1});
    const BatchResult alone = evaluate_batch(*potential, {good, good});
    Structure bad = good;
    bad.positions[0] = bad.positions[1];  // 0/0 in the direction of the edge
    const BatchResult mixed = evaluate_batch(*potential, {good, bad, good});
    EXPECT_FALSE(std::isfinite(mixed.forces[1][0].x));
    for (const int r : {0, 2}) {
      EXPECT_NEAR(mixed.energy[r], alone.energy[0], 1e-12);
      EXPECT_LE(largest_component(mixed.forces[r], alone.forces[0]), 1e-12);
    }
  }
}

TEST(Painn, TheShippedStudentKnowsWater) {
  const auto potential =
      make(std::string(MD_SOURCE_DIR) + "/inputs/models/student.safetensors", {"float32"});
  EXPECT_EQ(potential->traits().cutoff, 5.0);
  EXPECT_EQ(potential->traits().elements, (std::set<int>{1, 6, 7, 8}));
  // wB97X/6-31G(d) water near its minimum: 76.39 hartree, small forces.
  Structure water;
  water.numbers = {8, 1, 1};
  water.positions = {{0, 0, 0.119}, {0, 0.763, -0.477}, {0, -0.763, -0.477}};
  const BatchResult result = evaluate_batch(*potential, {water});
  EXPECT_NEAR(result.energy[0] / 27.211386, -76.38, 0.02);
  EXPECT_LE(largest_component(result.forces[0], {{}, {}, {}}), 0.5);
}

/// What making a potential from these bytes says.
std::string error_of(const EditableSafetensors& edited) {
  return error_of_file(edited.bytes(), [](const std::string& path) { make(path); });
}

TEST(Painn, RefusesFilesThatAreNotExactlyAModel) {
  const auto expect = [](const EditableSafetensors& edited, const std::string& part) {
    EXPECT_NE(error_of(edited).find(part), std::string::npos) << error_of(edited);
  };
  const EditableSafetensors whole(small);
  EXPECT_EQ(error_of(whole), "no error");
  for (const auto& [name, entry] : whole.header.items()) {
    if (name == "__metadata__") continue;
    EditableSafetensors edited = whole;
    edited.remove(name);
    if (name != "rep.radial_basis.freqs") expect(edited, "'" + name + "'");
  }
  EditableSafetensors edited = whole;
  edited.add("extra.weight", "F32", {1}, std::string(4, '\0'));
  expect(edited, "'extra.weight': does not belong");

  edited = whole;
  edited.header["head.0.weight"]["shape"] = {32, 16};
  expect(edited, "head.0");

  edited = whole;
  const std::size_t at = edited.header["rep.mixing.1.mu_channel_mix.weight"]["data_offsets"][0];
  const float bad = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(edited.data.data() + at + 40, &bad, 4);
  expect(edited, "'rep.mixing.1.mu_channel_mix.weight': element 10 is not a finite number");

  const auto with = [&](const std::string& key, const std::string& value) {
    EditableSafetensors changed = whole;
    changed.header["__metadata__"][key] = value;
    return changed;
  };
  expect(with("architecture", "schnet"), "schnet");
  expect(with("architecture", "orb-v2"), "orb-v2; painn is wanted");
  expect(with("cutoff", "5 A"), "cutoff");
  expect(with("cutoff", "-1"), "cutoff");
  expect(with("elements", "H,Xx"), "Xx");
  expect(with("elements", "H,101"), "100");
  expect(with("units", "eV,bohr"), "bohr");
  expect(with("energy_unit", "rydberg"), "rydberg");
  expect(with("envelope", "gauss"), "gauss");
  expect(with("repulsion", "yes"), "repulsion");
}

TEST(Painn, ReadsTheMetadata) {
  const Structure water = read_cases(data + "painn_small_cases.json").at("h2o").structure;
  const double plain = energy_of(*make(small), water);
  const auto energy_with = [&](const std::string& key, const std::string& value) {
    EditableSafetensors edited(small);
    edited.header["__metadata__"] = {{key, value}, {"surprise", "is ignored"}};
    const TemporaryFile file(edited.bytes());
    return energy_of(*make(file.path()), water);
  };
  EXPECT_EQ(energy_with("energy_unit", "eV"), plain);
  EXPECT_EQ(energy_with("cutoff", "5.0"), plain);
  EXPECT_NE(energy_with("cutoff", "4.5"), plain);
  EXPECT_NEAR(energy_with("energy_unit", "hartree"), plain * 27.211386245988, 1e-10);
  EXPECT_NEAR(energy_with("units", "kcal/mol, Angstrom"), plain * 0.0433641039, 1e-8);
  EXPECT_NE(energy_with("envelope", "polynomial"), plain);
  EXPECT_NE(energy_with("repulsion", "zbl"), plain);
  EditableSafetensors edited(small);
  edited.header.erase("__metadata__");
  const TemporaryFile file(edited.bytes());
  EXPECT_EQ(energy_of(*make(file.path()), water), plain);
  EXPECT_EQ(make(file.path())->traits().elements.size(), 100u);
}

}  // namespace
}  // namespace md::test
