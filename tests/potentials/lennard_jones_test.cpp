#include "potentials/lennard_jones.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "md/errors.hpp"
#include "tests/md/neighbors/brute_force.hpp"
#include "tests/potentials/evaluate_batch.hpp"

namespace md::test {
namespace {

const std::map<std::string, std::string> argon{
    {"epsilon", "0.0104 eV"}, {"sigma", "3.4 A"}, {"cutoff", "8.5 A"}};

/// A random system in which no two atoms are nearer than 3 A.
Structure gas(int n, int periodic, double skew, unsigned seed) {
  std::mt19937 random(seed);
  Structure s = random_structure(random, n, 0.005, periodic, skew, 1);
  std::uniform_real_distribution<double> both(-1, 1);
  for (int pass = 0; pass < 1000; ++pass) {
    const BruteForce near(s, 3);
    bool crowded = false;
    for (int i = 0; i < n; ++i)
      if (!near.rows[i].empty()) {
        s.positions[i] += Vec3{both(random), both(random), both(random)};
        crowded = true;
      }
    if (!crowded) return s;
  }
  ADD_FAILURE() << "no room";
  return s;
}

Structure dimer(double distance) {
  Structure s;
  s.numbers = {18, 18};
  s.positions = {{1, 2, 3}, {1 + distance * 0.6, 2, 3 + distance * 0.8}};
  return s;
}

TEST(LennardJones, DimerHasTheTextbookEnergyAndForce) {
  auto keys = argon;
  keys["shift"] = "no";
  const auto plain = make_potential("lennard_jones", keys);
  const auto shifted = make_potential("lennard_jones", argon);
  const auto energy = [](double r) {
    const double s6 = std::pow(3.4 / r, 6);
    return 4 * 0.0104 * (s6 * s6 - s6);
  };
  EXPECT_NEAR(energy_of(*plain, dimer(3.4)), 0, 1e-15);
  const double minimum = 3.4 * std::pow(2, 1.0 / 6);
  EXPECT_NEAR(energy_of(*plain, dimer(minimum)), -0.0104, 1e-15);
  EXPECT_LT(norm(evaluate_batch(*plain, {dimer(minimum)}).forces[0][0]), 1e-14);
  for (double r : {3.0, 3.7, 5.0, 8.499}) {
    EXPECT_NEAR(energy_of(*plain, dimer(r)), energy(r), 1e-14) << r;
    EXPECT_NEAR(energy_of(*shifted, dimer(r)), energy(r) - energy(8.5), 1e-14) << r;
    const double s6 = std::pow(3.4 / r, 6), pull = 24 * 0.0104 / r * (s6 - 2 * s6 * s6);
    const auto forces = evaluate_batch(*shifted, {dimer(r)}).forces[0];
    EXPECT_NEAR(forces[0].x, 0.6 * pull, 1e-13);
    EXPECT_NEAR(forces[0].z, 0.8 * pull, 1e-13);
    EXPECT_EQ(norm(forces[0] + forces[1]), 0);
  }
  EXPECT_NEAR(energy_of(*shifted, dimer(8.4999999)), 0, 1e-9);
  for (double r : {8.5001, 9.0, 30.0}) {
    EXPECT_EQ(energy_of(*plain, dimer(r)), 0);
    EXPECT_EQ(norm(evaluate_batch(*plain, {dimer(r)}).forces[0][0]), 0);
  }
}

TEST(LennardJones, AgreesWithAse) {
  std::ifstream file(MD_SOURCE_DIR "/tests/data/lennard_jones_ase.json");
  const auto data = nlohmann::json::parse(file);
  const auto vec3 = [](const nlohmann::json& j) {
    return Vec3{j[0].get<double>(), j[1].get<double>(), j[2].get<double>()};
  };
  const auto potential = make_potential("lennard_jones", argon);
  std::vector<Structure> systems;
  for (const auto& j : data["systems"]) {
    Structure s;
    for (const auto& x : j["positions"]) s.positions.push_back(vec3(x)), s.numbers.push_back(18);
    for (int k = 0; k < 3; ++k) {
      s.cell[k] = vec3(j["cell"][k]);
      s.periodic.set(k, j["periodic"][k].get<bool>());
    }
    systems.push_back(s);
  }
  ASSERT_GE(systems.size(), 6u);
  const BatchResult result = evaluate_batch(*potential, systems);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const auto& j = data["systems"][r];
    SCOPED_TRACE(j["name"].get<std::string>());
    EXPECT_NEAR(result.energy[r], j["energy"].get<double>(), 1e-12);
    for (int i = 0; i < systems[r].size(); ++i)
      EXPECT_LT(norm(result.forces[r][i] - vec3(j["forces"][i])), 1e-12) << i;
    if (j["stress"].is_null()) continue;
    const double volume = std::abs(determinant(systems[r].cell));
    for (int k = 0; k < 3; ++k)
      EXPECT_LT(norm((-1 / volume) * result.virial[r][k] - vec3(j["stress"][k])), 1e-13) << k;
  }
}

TEST(LennardJones, ForcesAndVirialAreDerivativesOfTheEnergy) {
  const auto potential = make_potential("lennard_jones", argon);
  unsigned seed = 20;
  for (int periodic : {0, 7, 7, 3})
    for (int n : {3, 40}) {
      const Structure s = gas(n, periodic, 0.6, ++seed);
      EXPECT_LT(force_error(*potential, s, 1e-4, 10), 2e-8) << n << " atoms, " << periodic;
      if (periodic == 7) {
        EXPECT_LT(virial_error(*potential, s, 1e-6), 1e-6) << n;
      }
    }
}

TEST(LennardJones, ForcesAddUpToNothing) {
  const auto potential = make_potential("lennard_jones", argon);
  const auto forces = evaluate_batch(*potential, {gas(120, 7, 0.4, 3)}).forces[0];
  Vec3 sum;
  double largest = 0;
  for (const Vec3& f : forces) sum += f, largest = std::max(largest, norm(f));
  EXPECT_GT(largest, 0.01);
  EXPECT_LT(norm(sum), 1e-13);
}

TEST(LennardJones, VectorCodeEqualsPlainCode) {
  const std::vector<Structure> systems{gas(150, 7, 0.6, 4), gas(1, 0, 0, 5), gas(2, 7, 0.3, 6),
                                       gas(100, 0, 0, 7), gas(30, 3, 0.3, 8)};
  State state = make_state(systems);
  Stream stream(test_device(), 1);
  NeighborList list(state, 8.5, 1, stream);
  const int n = state.n_atoms();
  const lennard_jones::Parameters p{4 * 0.0104, 3.4 * 3.4, 8.5 * 8.5, -2e-4};
  struct Result {
    std::vector<Vec3> force;
    std::vector<double> energy;
    std::vector<Mat3> virial;
  } plain{std::vector<Vec3>(n), std::vector<double>(n), std::vector<Mat3>(n)}, vector = plain,
                                                                               without = plain;
  const auto rows = [&](Result& r) {
    return lennard_jones::Rows{list.view(),    state.replica.data(), p,
                               r.force.data(), r.energy.data(),      r.virial.data()};
  };
  for (int i = 0; i < n; ++i) lennard_jones::Row{rows(plain)}(i);
  lennard_jones::compute_rows(rows(vector), 0, n / 3);
  lennard_jones::compute_rows(rows(vector), n / 3, n);
  lennard_jones::Rows no_virial = rows(without);
  no_virial.virial = nullptr;
  lennard_jones::compute_rows(no_virial, 0, n);
  for (int i = 0; i < n; ++i) {
    EXPECT_NEAR(plain.energy[i], vector.energy[i], 1e-14);
    EXPECT_LT(norm(plain.force[i] - vector.force[i]), 1e-13 + 1e-13 * norm(plain.force[i]));
    for (int k = 0; k < 3; ++k)
      EXPECT_LT(norm(plain.virial[i][k] - vector.virial[i][k]), 1e-13) << i;
    EXPECT_EQ(without.energy[i], vector.energy[i]);
    EXPECT_EQ(norm(without.force[i] - vector.force[i]), 0);
  }
}

TEST(LennardJones, ReplicaHasTheSameBitsInAnyBatch) {
  const auto potential = make_potential("lennard_jones", argon);
  const std::vector<Structure> systems{gas(70, 7, 0.6, 9), gas(15, 0, 0, 10), gas(3, 7, 0.3, 11),
                                       gas(200, 0, 0, 12), gas(33, 3, 0.3, 13)};
  const BatchResult batch = evaluate_batch(*potential, systems, 2);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const BatchResult alone = evaluate_batch(*potential, {systems[r]}, 1);
    EXPECT_EQ(alone.energy[0], batch.energy[r]);
    EXPECT_EQ(largest_component(alone.forces[0], batch.forces[r]), 0);
    for (int k = 0; k < 3; ++k) EXPECT_EQ(norm(alone.virial[0][k] - batch.virial[r][k]), 0);
  }
}

TEST(LennardJones, BadReplicaLeavesOthersAlone) {
  const auto potential = make_potential("lennard_jones", argon);
  const Structure s = gas(15, 7, 0.3, 14);
  Structure bad = s;
  bad.positions[3].x = std::numeric_limits<double>::quiet_NaN();
  Structure coincident = s;
  coincident.positions[3] = coincident.positions[4];
  const BatchResult good = evaluate_batch(*potential, {s});
  const BatchResult batch = evaluate_batch(*potential, {s, bad, coincident, s});
  for (int r : {0, 3}) {
    EXPECT_EQ(batch.energy[r], good.energy[0]);
    EXPECT_EQ(largest_component(batch.forces[r], good.forces[0]), 0);
  }
  EXPECT_FALSE(std::isfinite(batch.energy[2]));
}

TEST(LennardJones, RefusesValuesThatMakeNoSense) {
  for (const char* key : {"epsilon", "sigma", "cutoff"}) {
    auto keys = argon;
    keys.erase(key);
    EXPECT_THROW(make_potential("lennard_jones", keys), InputError) << key;
    for (const char* value : {"0", "-1", "nan", "3 fs"}) {
      keys[key] = value;
      EXPECT_THROW(make_potential("lennard_jones", keys), InputError) << key << " = " << value;
    }
  }
  const auto potential = make_potential("lennard_jones", argon);
  EXPECT_EQ(potential->traits().cutoff, 8.5);
  EXPECT_TRUE(potential->traits().periodic && potential->traits().virial);
}

}  // namespace
}  // namespace md::test
