#include "potentials/painn/training/trainer.hpp"

#include <cmath>

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

void draw_weights(PainnModel& model, std::uint32_t seed) {
  const r123::Philox4x32 philox;
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
        const auto bits = philox(
            {{static_cast<std::uint32_t>(k), 0, 0, static_cast<std::uint32_t>(Draw::weights)}},
            {{seed, stream}});
        values[k] = bound * (2 * ((bits.v[0] + 0.5) / 4294967296.0) - 1);
      }
    }
  }
}

MakeTrainer& make_trainer() {
  static MakeTrainer make = nullptr;
  return make;
}

}  // namespace md::painn
