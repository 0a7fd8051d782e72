#include "potentials/orb/orb_weights.hpp"

#include <algorithm>

#include "potentials/orb/normaliser.hpp"

namespace md::orb {
namespace {

template <class T>
Aligned<T> padded_copy(const std::vector<double>& values) {
  Aligned<T> result(padded(static_cast<int>(values.size())));
  std::ranges::transform(values, result.begin(), [](double x) { return static_cast<T>(x); });
  return result;
}

/// Reads dense layers of a file into packed matrices.
template <class T>
class Reader {
 public:
  Reader(const Safetensors& file, const OrbModel& model)
      : file_(file), shapes_(model.tensors()), d_(model.channels) {}

  std::vector<double> take(const std::string& name) const {
    return file_.values(name, shapes_.at(name));
  }
  /// The layer whose input consists of parts `width` wide, each padded.
  PackedMatrix<T> dense(const std::string& name, int width) const {
    const int in = static_cast<int>(shapes_.at(name + ".weight")[1]);
    PackedMatrix<T> result = pack(take(name + ".weight"), in, 0, in / width, width);
    result.bias = padded_copy<T>(take(name + ".bias"));
    return result;
  }
  /// `inner`: whether the block's first layer is read too.
  Block<T> block(const std::string& name, int width, bool inner = true) const {
    const int m = static_cast<int>(shapes_.at(name + ".mlp.NN-1.weight")[0]);
    Block<T> block;
    if (inner) block.first = dense(name + ".mlp.NN-0", width);
    block.second = dense(name + ".mlp.NN-1", m);
    block.third = dense(name + ".mlp.NN-2", m);
    block.scale = padded_copy<T>(take(name + ".layer_norm.weight"));
    block.shift = padded_copy<T>(take(name + ".layer_norm.bias"));
    return block;
  }
  typename Weights<T>::Step step(const std::string& name) const {
    typename Weights<T>::Step step;
    step.node = block(name + "._node_mlp", d_);
    step.edge = block(name + "._edge_mlp", d_, false);
    const std::vector<double> weight = take(name + "._edge_mlp.mlp.NN-0.weight");
    step.edge.first = pack(weight, 3 * d_, 0, 1, d_);
    step.project = pack(weight, 3 * d_, d_, 1, d_);
    const PackedMatrix<T> receiver = pack(weight, 3 * d_, 2 * d_, 1, d_);
    step.project.columns += receiver.columns;
    step.project.data.insert(step.project.data.end(), receiver.data.begin(), receiver.data.end());
    step.project.bias = padded_copy<T>(take(name + "._edge_mlp.mlp.NN-0.bias"));
    step.project.bias.resize(step.project.columns);
    const char* const gates[2] = {"._send_attn", "._receive_attn"};
    for (int k = 0; k < 2; ++k) {
      step.gate[k] = padded_copy<T>(take(name + gates[k] + ".weight"));
      step.gate_bias[k] = static_cast<T>(take(name + gates[k] + ".bias")[0]);
    }
    return step;
  }
  Head<T> head(const std::string& name) const {
    Head<T> head;
    head.hidden = dense("heads." + name + ".mlp.NN-0", d_);
    head.bias = take("heads." + name + ".mlp.NN-1.bias");
    head.outputs = static_cast<int>(head.bias.size());
    const std::vector<double> weight = take("heads." + name + ".mlp.NN-1.weight");
    const std::size_t m = weight.size() / head.outputs;
    for (int k = 0; k < head.outputs; ++k) {
      const Aligned<T> row = padded_copy<T>({weight.begin() + k * m, weight.begin() + (k + 1) * m});
      head.weight.insert(head.weight.end(), row.begin(), row.end());
    }
    const Normaliser normaliser = read_normaliser(file_, name);
    head.mean = normaliser.mean;
    head.deviation = normaliser.deviation;
    return head;
  }

 private:
  /// Packs columns of `weight` [out, in] as rows: `parts` times `width` of them from `column` on.
  static PackedMatrix<T> pack(const std::vector<double>& weight, int in, int column, int parts,
                              int width) {
    const int out = static_cast<int>(weight.size()) / in;
    PackedMatrix<T> result{parts * padded(width), padded(out), {}, {}};
    result.data.resize(static_cast<std::size_t>(result.rows) * result.columns);
    for (int n = 0; n < out; ++n)
      for (int k = 0; k < parts * width; ++k) {
        const int row = k / width * padded(width) + k % width;
        result.data[(static_cast<std::size_t>(n / panel) * result.rows + row) * panel + n % panel] =
            static_cast<T>(weight[static_cast<std::size_t>(n) * in + column + k]);
      }
    return result;
  }

  const Safetensors& file_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;
  int d_;
};

}  // namespace

template <class T>
Weights<T>::Weights(const Safetensors& file, const OrbModel& model)
    : true_channels(model.channels),
      channels(padded(model.channels)),
      hidden(padded(model.hidden)),
      n_species(model.n_species),
      cutoff(model.cutoff),
      nodes(static_cast<std::size_t>(model.n_species) * channels) {
  const Reader<T> reader(file, model);
  const std::vector<double> embedding = reader.take("model.atom_emb.embeddings.weight");
  for (int z = 0; z < n_species; ++z)
    for (int c = 0; c < true_channels; ++c)
      nodes[static_cast<std::size_t>(z) * channels + c] =
          static_cast<T>(embedding[static_cast<std::size_t>(z) * true_channels + c]);
  node_encoder = reader.block("model._encoder._node_fn", true_channels);
  edge_encoder = reader.block("model._encoder._edge_fn", n_edge_inputs);
  for (int t = 0; t < model.steps; ++t)
    steps.push_back(reader.step("model.gnn_stacks." + std::to_string(t)));
  energy = reader.head("energy");
  forces = reader.head("forces");
  if (model.has_stress()) stress = reader.head("stress");
  for (const auto& [name, width] : model.head_hidden)
    widest_head = std::max(widest_head, padded(width));
  reference = file.values(reference_tensor, file.tensor(reference_tensor).shape);
}

template struct Weights<float>;
template struct Weights<double>;

}  // namespace md::orb
