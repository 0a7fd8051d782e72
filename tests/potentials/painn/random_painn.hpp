#pragma once

#include <cmath>
#include <random>

#include "md/structure.hpp"
#include "potentials/painn/painn_model.hpp"

namespace md::test {

using painn::DenseLayer;
using painn::Envelope;
using painn::PainnModel;
using Random = std::mt19937_64;

inline DenseLayer random_layer(Random& random, int in, int out, bool bias) {
  // Small enough that energies stay those of atoms, eV, through all products of features.
  std::normal_distribution<double> normal(0, 0.4 / std::sqrt(in));
  DenseLayer layer{out, in, std::vector<double>(out * in), std::vector<double>(bias ? out : 0)};
  for (double& x : layer.weight) x = normal(random);
  for (double& x : layer.bias) x = 0.3 * normal(random);
  return layer;
}

/// A network of any size with weights at random.
inline PainnModel random_model(Random& random, int channels, int n_layers, int n_radial,
                               double cutoff) {
  PainnModel m;
  m.epsilon = random() % 2 == 0 ? 1e-8 : 0.1;  // SchNetPack's, and that of new students
  m.channels = channels;
  m.n_radial = n_radial;
  m.cutoff = cutoff;
  m.n_species = 20;
  std::normal_distribution<double> normal;
  m.embedding.resize(m.n_species * channels);
  for (double& x : m.embedding) x = normal(random);
  m.filter = random_layer(random, n_radial, 3 * channels * n_layers, true);
  for (int l = 0; l < n_layers; ++l)
    m.layers.push_back({random_layer(random, channels, channels, true),
                        random_layer(random, channels, 3 * channels, true),
                        random_layer(random, 2 * channels, channels, true),
                        random_layer(random, channels, 3 * channels, true),
                        random_layer(random, channels, 2 * channels, false)});
  m.head0 = random_layer(random, channels, channels / 2, true);
  m.head1 = random_layer(random, channels / 2, 1, true);
  m.scale.assign(m.n_species, 20);
  m.shift.assign(m.n_species, -1.3);
  return m;
}

/// Atoms at random, not nearer than 0.8 A; every third system periodic in a skewed cell, which may
/// be smaller than the cutoff.
inline Structure random_structure(Random& random, int n, int kind) {
  std::uniform_real_distribution<double> uniform(0, 1);
  const double edge = std::cbrt(n * 12.0);
  Structure s;
  s.cell = {{{edge, 0, 0}, {0.3 * edge, edge, 0}, {-0.2 * edge, 0.4 * edge, 0.9 * edge}}};
  const bool periodic = kind % 3 == 0;
  while (s.size() < n) {
    const Vec3 x = Vec3{uniform(random), uniform(random), uniform(random)} * s.cell;
    bool free = true;
    for (const Vec3& y : s.positions)
      for (int image = 0; image < (periodic ? 27 : 1); ++image) {
        const Vec3 shift =
            periodic ? Vec3{image % 3 - 1.0, image / 3 % 3 - 1.0, image / 9 - 1.0} : Vec3{};
        free = free && norm(x - y + shift * s.cell) > 0.8;
      }
    if (!free) continue;
    s.positions.push_back(x);
    s.numbers.push_back(std::vector<int>{1, 6, 7, 8}[random() % 4]);
  }
  if (periodic) s.periodic = {true, true, true};
  if (!periodic) s.cell = {};
  return s;
}

/// Structures of one to `largest` atoms.
inline std::vector<Structure> random_systems(Random& random, int count, int largest) {
  std::vector<Structure> result;
  for (int k = 0; k < count; ++k)
    result.push_back(random_structure(random, 1 + static_cast<int>(random() % largest), k));
  return result;
}

}  // namespace md::test
