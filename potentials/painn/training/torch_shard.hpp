#pragma once

#include <span>
#include <vector>

#include "potentials/painn/training/trainer.hpp"
#include "potentials/support/torch_edges.hpp"

namespace md::painn {

using Batch = std::span<const TrainingStructure* const>;

/// Structures back to back as the network sees them.
struct Shard {
  std::vector<const TrainingStructure*> structures;
  std::vector<std::int64_t> first_atom{0};
  std::vector<std::int64_t> number, center, neighbor;
  std::vector<Vec3> position;

  void add(const TrainingStructure& s) {
    const std::int64_t base = first_atom.back();
    structures.push_back(&s);
    number.insert(number.end(), s.source->numbers.begin(), s.source->numbers.end());
    position.insert(position.end(), s.source->positions.begin(), s.source->positions.end());
    for (const int i : s.center) center.push_back(base + i);
    for (const int j : s.neighbor) neighbor.push_back(base + j);
    first_atom.push_back(base + static_cast<std::int64_t>(s.source->numbers.size()));
  }
  std::int64_t n_atoms() const { return first_atom.back(); }
  std::size_t size() const { return structures.size(); }
  std::int64_t atoms_of(std::size_t b) const { return first_atom[b + 1] - first_atom[b]; }
};

/// A shard with its atoms at `position` as a network takes it.
TorchGraph graph_of(const Shard& shard, const std::vector<Vec3>& position, at::Device device);

/// Energies of structures from those of their atoms, [B].
at::Tensor sum_atoms(const at::Tensor& energies, const Shard& shard);

/// What a network says of a shard.
Prediction predict(const TorchNetwork& network, const Shard& shard, at::Device device);

/// Balanced shards: structures from the largest on, each to the shard with the fewest atoms.
std::vector<Shard> deal(Batch batch, int n_shards);

}  // namespace md::painn
