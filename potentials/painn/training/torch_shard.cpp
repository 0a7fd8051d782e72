#include "potentials/painn/training/torch_shard.hpp"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace md::painn {
namespace {

at::Tensor indices(const std::vector<std::int64_t>& values, at::Device device) {
  return at::tensor(values, at::kLong).to(device);
}

}  // namespace

TorchGraph graph_of(const Shard& shard, const std::vector<Vec3>& position, at::Device device) {
  std::vector<Vec3> vector(shard.center.size());
  for (std::size_t e = 0; e < vector.size(); ++e)
    vector[e] = position[shard.neighbor[e]] - position[shard.center[e]];
  const at::Tensor v =
      at::from_blob(vector.data(), {static_cast<std::int64_t>(vector.size()), 3}, at::kDouble);
  return {indices(shard.number, device), indices(shard.center, device),
          indices(shard.neighbor, device), v.to(device, at::kDouble, false, true)};
}

at::Tensor sum_atoms(const at::Tensor& energies, const Shard& shard) {
  std::vector<std::int64_t> structure;
  for (std::size_t b = 0; b < shard.size(); ++b)
    structure.insert(structure.end(), shard.atoms_of(b), b);
  return at::zeros({static_cast<std::int64_t>(shard.size())}, energies.options())
      .index_add(0, indices(structure, energies.device()), energies);
}

Prediction predict(const TorchNetwork& network, const Shard& shard, at::Device device) {
  const TorchGraph graph = graph_of(shard, shard.position, device);
  const EnergyGradient result = differentiate(network, graph);
  const at::Tensor energy = sum_atoms(result.energies, shard).cpu();
  const at::Tensor gradient = result.gradient.cpu().contiguous();
  const double* const e = energy.const_data_ptr<double>();
  const Vec3* const g = static_cast<const Vec3*>(gradient.const_data_ptr());
  Prediction p{{e, e + shard.size()}, std::vector<Vec3>(shard.n_atoms(), Vec3{})};
  for (std::size_t k = 0; k < shard.center.size(); ++k) {
    p.force[shard.center[k]] += g[k];
    p.force[shard.neighbor[k]] -= g[k];
  }
  return p;
}

std::vector<Shard> deal(Batch batch, int n_shards) {
  std::vector<const TrainingStructure*> sorted(batch.begin(), batch.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->center.size() > b->center.size();
  });
  std::vector<Shard> shards(n_shards);
  for (const TrainingStructure* s : sorted)
    std::min_element(shards.begin(), shards.end(), [](const Shard& a, const Shard& b) {
      return a.center.size() + a.number.size() < b.center.size() + b.number.size();
    })->add(*s);
  std::erase_if(shards, [](const Shard& s) { return s.size() == 0; });
  return shards;
}

}  // namespace md::painn
