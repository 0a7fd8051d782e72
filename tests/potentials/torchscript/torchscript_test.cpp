#include <gtest/gtest.h>

#include <filesystem>

#include "md/errors.hpp"
#include "potentials/support/model_info.hpp"
#include "tests/potentials/evaluate_batch.hpp"
#include "tests/potentials/reference_cases.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

using Keys = std::map<std::string, std::string>;

const std::string data = std::string(MD_SOURCE_DIR) + "/tests/data/";
const std::string shared = std::string(MD_SHARED_DATA) + "/";
const Keys pair_ani{{"model", data + "pair_ani.ts"}};
const Keys pair_edges{{"model", data + "pair_edges.ts"},
                      {"adapter", "generic"},
                      {"inputs", "numbers, positions, edge_index, shifts, batch"},
                      {"energy_unit", "kcal/mol"},
                      {"length_unit", "nm"},
                      {"batched", "yes"},
                      {"periodic", "yes"},
                      {"cutoff", "12 A"}};

std::unique_ptr<Potential> make(const Keys& keys, const MakeOptions& how = {}) {
  return make_potential("torchscript", keys, how);
}

/// Sum over pairs, images within 12 A included, of Z_i Z_j exp(-d^2 / 4).
double exact_energy(const Structure& s) {
  const int images = s.periodic.any() ? 3 : 0;
  double energy = 0;
  for (int i = 0; i < s.size(); ++i)
    for (int j = 0; j < s.size(); ++j)
      for (int a = -images; a <= images; ++a)
        for (int b = -images; b <= images; ++b)
          for (int c = -images; c <= images; ++c) {
            if (i == j && a == 0 && b == 0 && c == 0) continue;
            const Vec3 n{double(a), double(b), double(c)};
            const Vec3 d = s.positions[j] + n * s.cell - s.positions[i];
            if (norm(d) < 12)
              energy += 0.5 * s.numbers[i] * s.numbers[j] * std::exp(-dot(d, d) / 4);
          }
  return energy;
}

Structure molecule(int n, double scale) {
  Structure s;
  for (int i = 0; i < n; ++i) {
    s.numbers.push_back(i % 3 == 0 ? 8 : 1);
    s.positions.push_back({scale * i, std::sin(1.3 * i), std::cos(2.1 * i) + 0.1 * i});
  }
  return s;
}

/// The molecule in a skewed cell, atoms outside of it included.
Structure crystal(int n) {
  Structure s = molecule(n, 1.9);
  s.cell = {{{6.5, 0, 0}, {0.8, 6.9, 0}, {-0.4, 0.5, 7.3}}};
  s.periodic = {true, true, true};
  return s;
}

std::vector<Structure> mixed() {
  return {molecule(3, 1.0), crystal(4), molecule(5, 0.8), molecule(3, 1.2), crystal(4)};
}

TEST(TorchScript, EnergiesOfBothAdaptersAreExactForMixedBatches) {
  for (const Keys& keys : {pair_ani, pair_edges})
    for (const bool strict : {false, true}) {
      const auto potential = make(keys, {"float64", strict, 1});
      const auto systems = mixed();
      const BatchResult result = evaluate_batch(*potential, systems);
      for (std::size_t r = 0; r < systems.size(); ++r) {
        // pair_ani sees nearest images only: exp(-3.5^2 / 4) and less is missing.
        const bool nearest = systems[r].periodic.any() && keys.at("model") == pair_ani.at("model");
        EXPECT_NEAR(result.energy[r], exact_energy(systems[r]), nearest ? 3.0 : 1e-5)
            << keys.at("model") << " " << r;
      }
    }
}

TEST(TorchScript, ForcesAndVirialAreDerivativesOfTheEnergy) {
  for (const Keys& keys : {pair_ani, pair_edges}) {
    const auto potential = make(keys);
    EXPECT_LE(force_error(*potential, molecule(5, 0.8), 1e-5, 5), 1e-7);
    EXPECT_LE(force_error(*potential, crystal(4), 1e-5, 4), 1e-7);
    EXPECT_LE(virial_error(*potential, crystal(4), 1e-5), 1e-6);
    EXPECT_TRUE(potential->traits().virial);
  }
}

TEST(TorchScript, StrictGivesTheSameBitsAloneAndInAnyBatch) {
  for (const Keys& keys : {pair_ani, pair_edges})
    for (const char* precision : {"float32", "float64"}) {
      const auto potential = make(keys, {precision, true, 1});
      const auto systems = mixed();
      const BatchResult batch = evaluate_batch(*potential, systems);
      for (std::size_t r = 0; r < systems.size(); ++r) {
        const BatchResult alone = evaluate_batch(*potential, {systems[r]});
        EXPECT_EQ(alone.energy[0], batch.energy[r]);
        EXPECT_EQ(largest_component(alone.forces[0], batch.forces[r]), 0);
      }
    }
}

TEST(TorchScript, TakesTheElementsAndPeriodicityOfTheModel) {
  EXPECT_EQ(make(pair_ani)->traits().elements, (std::set<int>{1, 6, 8}));
  EXPECT_TRUE(make(pair_ani)->traits().periodic);
  EXPECT_EQ(make(pair_edges)->traits().cutoff, 12);
}

std::string error_of(const Keys& keys, const MakeOptions& how = {}) {
  try {
    make(keys, how);
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(TorchScript, RefusesWhatDoesNotFitInOneLine) {
  const auto expect = [](const Keys& keys, const std::string& part) {
    EXPECT_NE(error_of(keys).find(part), std::string::npos) << error_of(keys);
  };
  const auto with = [](Keys keys, const std::string& key, const std::string& value) {
    keys[key] = value;
    return keys;
  };
  expect(with(pair_ani, "model", data + "painn_small.safetensors"), "is not a TorchScript file");
  expect(with(pair_ani, "model", "/nonexistent.ts"), "cannot be opened");
  const TemporaryFile broken("PK\x03\x04 but nothing else", ".ts");
  expect(with(pair_ani, "model", broken.path()), "is not a TorchScript file");
  expect(with(pair_ani, "adapter", "so3lr"), "does not fit");
  expect(with(pair_ani, "batched", "yes"), "is a key of adapter = generic");
  expect({{"model", data + "pair_edges.ts"}}, "none of the known kinds");
  expect(with(pair_edges, "inputs", "numbers, positions"), "is for models that take edge_index");
  expect(with(pair_edges, "inputs", "numbers, vectors, batch"), "cannot be evaluated");
  expect(with(pair_edges, "inputs", "numbers, position"), "did you mean 'positions'");
  expect(with(pair_edges, "output", "energies"), "without 'energies'");
  expect(with(pair_edges, "inputs", "numbers, positions, edge_index, shifts"), "batch");
}

TEST(TorchScript, ModelInfoNamesSignatureAndAdapter) {
  const std::string ani = describe_model(pair_ani.at("model"));
  EXPECT_NE(ani.find("adapter:      ani"), std::string::npos) << ani;
  EXPECT_NE(ani.find("elements:     H, C, O"), std::string::npos) << ani;
  EXPECT_NE(ani.find("parameters:   1"), std::string::npos) << ani;
  const std::string edges = describe_model(pair_edges.at("model"));
  EXPECT_NE(edges.find("adapter:      generic"), std::string::npos) << edges;
}

/// Models called like those of other programs. Each has the energy of the pairs.
Keys kind(const std::string& file, const std::string& adapter, const std::string& forces) {
  Keys keys{{"model", data + file}, {"adapter", adapter}, {"forces", forces}};
  if (adapter == "schnetpack") keys["cutoff"] = "12 A";
  return keys;
}

const std::vector<Keys> kinds{kind("dict_schnetpack.ts", "schnetpack", "gradient"),
                              kind("nequip_energy.ts", "nequip", "gradient"),
                              kind("dict_nequip.ts", "nequip", "model"),
                              kind("dict_mace.ts", "mace", "gradient"),
                              kind("dict_mace.ts", "mace", "model"),
                              kind("torchmdnet.ts", "torchmdnet", "model")};

TEST(TorchScriptAdapters, EnergiesAndForcesOfUnequalSystemsAreExact) {
  for (const Keys& keys : kinds) {
    const auto potential = make(keys);
    std::vector<Structure> systems{molecule(3, 1.0), molecule(5, 0.8)};
    const bool cells = keys.at("adapter") != "torchmdnet";
    if (cells) systems.insert(systems.begin() + 1, {crystal(4), crystal(5)});
    const BatchResult result = evaluate_batch(*potential, systems);
    for (std::size_t r = 0; r < systems.size(); ++r) {
      EXPECT_NEAR(result.energy[r], exact_energy(systems[r]), 1e-5) << keys.at("model") << " " << r;
      Structure moved = systems[r];
      moved.positions[1][0] += 1e-4;
      const double up = exact_energy(moved);
      moved.positions[1][0] -= 2e-4;
      EXPECT_NEAR(result.forces[r][1][0], (exact_energy(moved) - up) / 2e-4, 1e-5)
          << keys.at("model") << " " << r;
    }
    EXPECT_LE(force_error(*potential, systems[1], 1e-5, 3), 1e-7) << keys.at("model");
    EXPECT_EQ(potential->traits().conservative, keys.at("forces") == "gradient");
    EXPECT_EQ(potential->traits().virial, keys.at("forces") == "gradient");
    if (potential->traits().virial) {
      EXPECT_LE(virial_error(*potential, crystal(4), 1e-5), 1e-6);
    }
  }
}

TEST(TorchScriptAdapters, ABoxGoesToTorchMdNetAlone) {
  const auto potential = make(kind("torchmdnet.ts", "torchmdnet", "model"));
  Structure boxed = molecule(3, 1.0);
  boxed.cell = {{{30, 0, 0}, {0, 32, 0}, {0, 0, 34}}};
  boxed.periodic = {true, true, true};
  Structure across = boxed;
  across.positions[1][1] += 32;
  const BatchResult result = evaluate_batch(*potential, {boxed, molecule(5, 0.8), across});
  EXPECT_NEAR(result.energy[0], exact_energy(molecule(3, 1.0)), 1e-9);
  EXPECT_NEAR(result.energy[2], exact_energy(molecule(3, 1.0)), 1e-9);
  EXPECT_NEAR(result.energy[1], exact_energy(molecule(5, 0.8)), 1e-9);
}

TEST(TorchScriptAdapters, ModelsThatSayWhatTheyAreNeedNoAdapter) {
  EXPECT_EQ(make({{"model", data + "dict_mace.ts"}})->traits().elements, (std::set<int>{1, 6, 8}));
  EXPECT_EQ(make({{"model", data + "nequip_energy.ts"}})->traits().elements, (std::set<int>{1, 8}));
  EXPECT_EQ(make({{"model", data + "torchmdnet.ts"}, {"forces", "model"}})->traits().cutoff, 0);
}

TEST(TorchScriptAdapters, OwnForcesOfATuple) {
  const auto potential = make({{"model", data + "energy_forces.ts"},
                               {"inputs", "numbers, positions"},
                               {"forces", "model"}});
  EXPECT_LE(force_error(*potential, molecule(4, 1.0), 1e-5, 4), 1e-7);
  EXPECT_FALSE(potential->traits().conservative);
  EXPECT_LE(force_error(*make({{"model", data + "energy_forces.ts"},
                               {"inputs", "numbers, positions"},
                               {"output", "0"}}),
                        molecule(4, 1.0), 1e-5, 4),
            1e-7);
  EXPECT_LE(force_error(*make({{"model", data + "detached.ts"},
                               {"inputs", "numbers, positions"},
                               {"forces", "model"}}),
                        molecule(4, 1.0), 1e-5, 4),
            1e-7);
}

TEST(TorchScriptAdapters, APeriodicModelIsTriedInALargeCell) {
  EXPECT_TRUE(make({{"model", data + "fractional.ts"},
                    {"inputs", "numbers, positions, cell, pbc"},
                    {"periodic", "yes"}})
                  ->traits()
                  .periodic);
}

TEST(TorchScriptAdapters, WhatWouldHaveToBeGuessedIsRefusedInOneLine) {
  const auto expect = [](const Keys& keys, const std::string& part) {
    EXPECT_NE(error_of(keys).find(part), std::string::npos) << error_of(keys);
  };
  const std::string pair = data + "energy_forces.ts";
  expect({{"model", pair}}, "does not give the atomic numbers back");
  expect({{"model", pair}, {"adapter", "generic"}, {"inputs", "numbers, positions"}},
         "potential.output must say");
  expect({{"model", pair}, {"inputs", "numbers, positions"}, {"output", "1"}},
         "shaped like positions");
  expect(
      {{"model", pair}, {"inputs", "numbers, positions"}, {"output", "0, 0"}, {"forces", "model"}},
      "not shaped like positions");
  expect({{"model", data + "detached.ts"}, {"inputs", "numbers, positions"}}, "does not depend");
  expect(kind("dict_nequip.ts", "nequip", "gradient"), "potential.forces = model");
  expect(kind("torchmdnet.ts", "torchmdnet", "gradient"), "potential.forces = model");
  expect(kind("dict_schnetpack.ts", "schnetpack", "model"), "without 'forces'");
  expect({{"model", data + "dict_schnetpack.ts"}, {"adapter", "schnetpack"}}, "potential.cutoff");
  expect({{"model", pair_ani.at("model")}, {"forces", "model"}}, "is a key of adapter");
  expect({{"model", data + "dict_mace.ts"}, {"cutoff", "5 A"}}, "below the cutoff of the model");
  for (const char* adapter : {"schnetpack", "nequip", "mace", "torchmdnet"})
    expect({{"model", pair}, {"adapter", adapter}}, "energy_forces.ts: ");
  expect({{"model", data + "dict_mace.ts"}, {"adapter", "nequip"}, {"cutoff", "12 A"}},
         "type_names");
  expect({{"model", data + "dict_schnetpack.ts"}, {"adapter", "mace"}, {"cutoff", "5 A"}},
         "atomic_numbers");
}

#define MD_NEEDS(file)                                  \
  if (!std::filesystem::exists(shared + (file))) {      \
    GTEST_SKIP() << shared + (file) << " is not there"; \
  }

TEST(TorchScript, Ani2xGivesMethaneOfTheTorchaniExample) {
  MD_NEEDS("ani2x_8x.ts");
  const auto potential = make({{"model", shared + "ani2x_8x.ts"}});
  EXPECT_EQ(potential->traits().elements, (std::set<int>{1, 6, 7, 8, 9, 16, 17}));
  Structure methane;
  methane.numbers = {6, 1, 1, 1, 1};
  methane.positions = {{0.03192167, 0.00638559, 0.01301679},
                       {-0.83140486, 0.39370209, -0.26395324},
                       {-0.66518241, -0.84461308, 0.20759389},
                       {0.45554739, 0.54289633, 0.81170881},
                       {0.66091919, -0.16799635, -0.91037834}};
  EXPECT_NEAR(energy_of(*potential, methane) / 27.211386245988, -40.459793, 2e-6);
  EXPECT_LE(force_error(*potential, methane, 1e-4, 2), 1e-5);
}

TEST(TorchScript, Ani1xMixesSizesAndPeriodicSystems) {
  MD_NEEDS("ani1x_8x.ts");
  const auto cases = read_cases(data + "painn_small_cases.json");
  const std::vector<Structure> systems{cases.at("h2o").structure, cases.at("acetic_acid").structure,
                                       cases.at("h2o").structure, cases.at("water64").structure};
  const auto potential = make({{"model", shared + "ani1x_8x.ts"}});
  const BatchResult batch = evaluate_batch(*potential, systems);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const BatchResult alone = evaluate_batch(*potential, {systems[r]});
    EXPECT_NEAR(alone.energy[0], batch.energy[r], 1e-9) << r;
    EXPECT_LE(largest_component(alone.forces[0], batch.forces[r]), 1e-9) << r;
  }
  EXPECT_NEAR(batch.energy[0] / 27.211386245988, -76.38, 0.05);
  EXPECT_NEAR(batch.energy[3] / 64 / 27.211386245988, -76.38, 0.1);
}

TEST(TorchScript, So3lrAgreesWithItsOwnCalculator) {
  MD_NEEDS("so3lr_traced.ts");
  const auto potential = make({{"model", shared + "so3lr_traced.ts"}}, {"float32", false, 1});
  EXPECT_EQ(potential->traits().elements.size(), 8u);
  Structure ethanol;  // ase.build.molecule("CH3CH2OH")
  ethanol.numbers = {6, 6, 8, 1, 1, 1, 1, 1, 1};
  ethanol.positions = {{1.168181, -0.400382, 0.0},      {0.0, 0.559462, 0.0},
                       {-1.190083, -0.227669, 0.0},     {-1.946623, 0.381525, 0.0},
                       {0.042557, 1.207508, 0.886933},  {0.042557, 1.207508, -0.886933},
                       {2.115891, 0.1448, 0.0},         {1.128599, -1.037234, 0.885881},
                       {1.128599, -1.037234, -0.885881}};
  // so3krates-torch 0.2.1, SO3LRCalculator(r_max_lr=100, float64).
  const BatchResult two = evaluate_batch(*potential, {ethanol, ethanol});
  for (const int r : {0, 1}) {
    EXPECT_NEAR(two.energy[r], -1488.3700, 2e-3);
    EXPECT_LE(largest_component({two.forces[r][0]}, {{-0.0434724, 0.1011468, 0}}), 2e-4);
  }
  EXPECT_NE(error_of({{"model", shared + "so3lr_traced.ts"}}).find("float64"), std::string::npos);
}

}  // namespace
}  // namespace md::test
