#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "md/potential.hpp"
#include "md/state.hpp"
#include "tests/device.hpp"

namespace md::test {

/// What a potential gave for a batch.
struct BatchResult {
  std::vector<double> energy;             // [n_replicas] eV
  std::vector<std::vector<Vec3>> forces;  // [n_replicas][n] eV/A
  std::vector<Mat3> virial;               // [n_replicas] eV
};

struct MakeOptions {
  std::string precision = "float64";
  bool strict = false;
  int threads = 1;
};

/// A registered potential with these keys of [potential].
inline std::unique_ptr<Potential> make_potential(const std::string& name,
                                                 const std::map<std::string, std::string>& keys,
                                                 const MakeOptions& how = {}) {
  const auto& entry = potentials().find(name);
  std::vector<Key> schema = entry.keys;
  schema.push_back({"model", Kind::file, "", "model file", ""});
  Input input(Input::Schema{{"potential", schema}});
  for (const auto& [key, value] : keys) input.set("potential." + key, value);
  return entry.make({input, test_device(), how.threads, how.strict, how.precision});
}

inline BatchResult evaluate_batch(Potential& potential, const std::vector<Structure>& systems,
                                  int threads = 1, double skin = 0.5,
                                  Device device = test_device()) {
  const auto n = systems.size();
  Stream stream(device, threads);
  State state(device, systems, std::vector<ReplicaSettings>(n));
  NeighborList neighbors(state, potential.traits().cutoff, skin, stream);
  neighbors.build(stream);
  state.force.fill({});
  state.potential.fill(0);
  state.virial.fill({});
  potential.add_forces(state.view(), neighbors, true, stream);
  stream.synchronize();
  BatchResult result{state.potential.download(), {}, state.virial.download()};
  const std::vector<Vec3> forces = state.force.download();
  for (std::size_t r = 0; r < n; ++r)
    result.forces.emplace_back(forces.begin() + state.first_atom()[r],
                               forces.begin() + state.first_atom()[r + 1]);
  return result;
}

/// Largest component of the difference of two sets of vectors.
inline double largest_component(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (int k = 0; k < 3; ++k)
      // Not std::max: a number that is not one must show.
      if (!(std::abs(a[i][k] - b[i][k]) <= largest)) largest = std::abs(a[i][k] - b[i][k]);
  return largest;
}

/// The structure with atoms, cell turned by a proper rotation.
inline Structure rotated(const Structure& structure, const Mat3& rotation) {
  Structure result = structure;
  for (Vec3& x : result.positions) x = x * rotation;
  for (int k = 0; k < 3; ++k) result.cell[k] = structure.cell[k] * rotation;
  return result;
}

/// A rotation about all three axes.
inline Mat3 some_rotation() {
  const double a = 0.7, b = -1.1;
  const Mat3 about_z{{{std::cos(a), std::sin(a), 0}, {-std::sin(a), std::cos(a), 0}, {0, 0, 1}}};
  const Mat3 about_x{{{1, 0, 0}, {0, std::cos(b), std::sin(b)}, {0, -std::sin(b), std::cos(b)}}};
  return {{about_z[0] * about_x, about_z[1] * about_x, about_z[2] * about_x}};
}

/// Energy of one system.
inline double energy_of(Potential& potential, const Structure& system) {
  return evaluate_batch(potential, {system}).energy[0];
}

/// Largest difference between forces and central differences of the energy with step h, over the
/// first `n_atoms` atoms.
inline double force_error(Potential& potential, const Structure& system, double h, int n_atoms) {
  const auto forces = evaluate_batch(potential, {system}).forces[0];
  double worst = 0;
  for (int i = 0; i < std::min(n_atoms, system.size()); ++i)
    for (int k = 0; k < 3; ++k) {
      Structure plus = system, minus = system;
      plus.positions[i][k] += h;
      minus.positions[i][k] -= h;
      const double slope = (energy_of(potential, plus) - energy_of(potential, minus)) / (2 * h);
      worst = std::max(worst, std::abs(forces[i][k] + slope));
    }
  return worst;
}

/// Largest difference between the virial and central differences of the energy under strain.
inline double virial_error(Potential& potential, const Structure& system, double h) {
  const Mat3 virial = evaluate_batch(potential, {system}).virial[0];
  double worst = 0;
  for (int k = 0; k < 9; ++k) {
    const auto strained = [&](double strain) {
      Mat3 m{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
      m[k / 3][k % 3] += strain;
      return energy_of(potential, rotated(system, m));
    };
    const double slope = (strained(h) - strained(-h)) / (2 * h);
    worst = std::max(worst, std::abs(virial[k / 3][k % 3] + slope));
  }
  return worst;
}

}  // namespace md::test
