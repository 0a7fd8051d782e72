#include "potentials/painn/training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "md/random.hpp"

namespace md::painn {

TrainingStructure Trainer::prepare(const LabelledStructure& structure, const PainnModel& model) {
  TrainingStructure result;
  result.source = &structure;
  const int n = static_cast<int>(structure.numbers.size());
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      if (i != j && norm(structure.positions[j] - structure.positions[i]) < model.cutoff) {
        result.center.push_back(i);
        result.neighbor.push_back(j);
      }
  return result;
}

TrainingErrors errors_of(std::span<const TrainingStructure* const> structures,
                         std::span<const Prediction> said) {
  TrainingErrors t;
  double components = 0, square = 0, total = 0, total_square = 0;
  auto next = structures.begin();
  for (const Prediction& prediction : said) {
    auto force = prediction.force.begin();
    for (const double energy : prediction.energy) {
      const std::size_t at = next - structures.begin();
      const LabelledStructure& s = *(*next++)->source;
      const double n = static_cast<double>(s.numbers.size()), error = std::abs(energy - s.energy);
      t.energy_mae += error;
      t.energy_mae_per_atom += error / n;
      components += 3 * n;
      for (std::size_t i = 0; i < s.forces.size(); ++i) {
        const Vec3 wanted = s.forces[i], f = *force++;
        if (const double off = norm(f - wanted); off > t.largest_error) {
          t.largest_error = off;
          t.worst_structure = at;
          t.worst_atom = static_cast<int>(i);
        }
        for (const auto& [x, y] : {std::pair(f.x, wanted.x), {f.y, wanted.y}, {f.z, wanted.z}}) {
          t.force_mae += std::abs(x - y);
          t.mean_force += std::abs(y);
          square += (x - y) * (x - y);
          total += y;
          total_square += y * y;
        }
      }
    }
  }
  const double n = std::max<double>(1, static_cast<double>(structures.size()));
  components = std::max(components, 1.0);
  t.energy_mae /= n;
  t.energy_mae_per_atom /= n;
  t.force_mae /= components;
  t.force_rmse = std::sqrt(square / components);
  t.mean_force /= components;
  const double variance = total_square - total * total / components;
  t.force_r2 = variance > 0 ? 1 - square / variance : 0;
  return t;
}

void draw_weights(PainnModel& model, std::uint32_t seed) {
  std::uint32_t stream = 0;
  for (const PainnModel::Tensor& tensor : model.parameters()) {
    ++stream;
    std::vector<double>& values = *tensor.values;
    if (&values == &model.embedding) {
      for (std::size_t k = 0; k < values.size(); ++k)
        values[k] = normal3(seed, stream, static_cast<std::int64_t>(k), 0, Draw::weights).x;
    } else if (tensor.shape.size() == 1) {
      values.assign(values.size(), 0);
    } else {
      const double bound = std::sqrt(6.0 / static_cast<double>(tensor.shape[0] + tensor.shape[1]));
      for (std::size_t k = 0; k < values.size(); ++k) {
        const auto bits =
            random_bits(seed, stream, static_cast<std::uint32_t>(k), 0, Draw::weights);
        values[k] = bound * (2 * uniform32(bits.v[0]) - 1);
      }
    }
  }
}

TrainerRegistry& trainers() {
  static TrainerRegistry registry("distill", "trainer");
  return registry;
}

namespace {

const bool declared = trainers().add("libtorch", {"AdamW on LibTorch", {}, nullptr, "torch"});

}  // namespace

}  // namespace md::painn
