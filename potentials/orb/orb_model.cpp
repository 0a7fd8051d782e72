#include "potentials/orb/orb_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "md/errors.hpp"
#include "potentials/support/architecture.hpp"
#include "potentials/support/model_file.hpp"

namespace md::orb {
namespace {

using Tensors = std::map<std::string, std::vector<std::int64_t>>;

const std::string embedding = "model.atom_emb.embeddings.weight";
const std::string stacks = "model.gnn_stacks.", decoder = "model._decoder.";

void add_dense(Tensors& tensors, const std::string& name, int in, int out) {
  tensors[name + ".weight"] = {out, in};
  tensors[name + ".bias"] = {out};
}

/// Dense layers NN-0, NN-1, ... of these widths.
void add_mlp(Tensors& tensors, const std::string& name, const std::vector<int>& widths) {
  for (std::size_t k = 0; k + 1 < widths.size(); ++k)
    add_dense(tensors, name + ".NN-" + std::to_string(k), widths[k], widths[k + 1]);
}

/// Adds the tensors of a block: three dense layers and a layer norm.
void add_block(Tensors& tensors, const std::string& name, int in, int hidden, int out) {
  add_mlp(tensors, name + ".mlp", {in, hidden, hidden, out});
  tensors[name + ".layer_norm.weight"] = tensors[name + ".layer_norm.bias"] = {out};
}

/// Rows and columns of a matrix whose size is not known yet.
std::pair<int, int> matrix_size(const Safetensors& file, const std::string& name) {
  const StoredTensor& tensor = file.tensor(name);
  if (tensor.shape.size() != 2 || std::ranges::min(tensor.shape) < 1 ||
      std::ranges::max(tensor.shape) > 100'000)
    file.fail(name, "has the shape " + describe_shape(tensor.shape) + "; a matrix is wanted");
  return {static_cast<int>(tensor.shape[0]), static_cast<int>(tensor.shape[1])};
}

/// Highest number N in the names model.gnn_stacks.N.*, and one.
int count_steps(const Safetensors& file) {
  int steps = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    if (!name.starts_with(stacks)) continue;
    int number = -1;
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + stacks.size(), end, number);
    if (error != std::errc{} || stop == end || *stop != '.' || number < 0 || number > 1000)
      file.fail(name, "does not belong to an orb-v2 model");
    steps = std::max(steps, number + 1);
  }
  return steps;
}

void check_shapes(const Safetensors& file, const OrbModel& model) {
  const Tensors tensors = model.tensors();
  for (const auto& [name, shape] : tensors) {
    if (name.starts_with(decoder)) continue;
    const std::vector<std::int64_t>& found = file.tensor(name).shape;
    std::vector<std::int64_t> also = shape;
    if (name == reference_tensor) also.insert(also.begin(), 1);
    if (found != shape && found != also)
      file.fail(name,
                "has the shape " + describe_shape(found) + "; it must be " + describe_shape(shape));
  }
  for (const auto& [name, tensor] : file.tensors()) {
    if (tensors.contains(name) || name.starts_with(decoder) || name.starts_with("heads.")) continue;
    file.fail(name, "does not belong to an orb-v2 model");
  }
}

}  // namespace

Tensors OrbModel::tensors() const {
  Tensors tensors{{embedding, {n_species, channels}}};
  add_block(tensors, "model._encoder._node_fn", channels, hidden, channels);
  add_block(tensors, "model._encoder._edge_fn", n_edge_inputs, hidden, channels);
  for (int t = 0; t < steps; ++t) {
    const std::string stack = stacks + std::to_string(t);
    add_block(tensors, stack + "._node_mlp", 3 * channels, hidden, channels);
    add_block(tensors, stack + "._edge_mlp", 3 * channels, hidden, channels);
    add_dense(tensors, stack + "._receive_attn", channels, 1);
    add_dense(tensors, stack + "._send_attn", channels, 1);
  }
  add_mlp(tensors, decoder + "node_fn.mlp", {channels, hidden, hidden, 3});
  static const std::map<std::string, int> outputs{{"energy", 1}, {"forces", 3}, {"stress", 6}};
  for (const auto& [head, width] : head_hidden)
    add_mlp(tensors, "heads." + head + ".mlp", {channels, width, outputs.at(head)});
  tensors[reference_tensor] = {n_references};
  return tensors;
}

std::int64_t OrbModel::n_parameters() const {
  std::int64_t sum = 0;
  for (const auto& [name, shape] : tensors()) sum += StoredTensor{"", shape, {}}.size();
  return sum;
}

OrbModel OrbModel::read(const Safetensors& file) {
  require_architecture(file, "orb-v2");
  OrbModel model;
  std::tie(model.n_species, model.channels) = matrix_size(file, embedding);
  const std::string first = "model._encoder._edge_fn.mlp.NN-0.weight";
  int inputs = 0;
  std::tie(model.hidden, inputs) = matrix_size(file, first);
  if (inputs != n_edge_inputs)
    file.fail(first, fmt::format("has {} columns; the {} of 20 Gaussians and a unit vector are "
                                 "wanted",
                                 inputs, n_edge_inputs));
  model.steps = count_steps(file);
  if (model.steps == 0) file.fail(stacks + "0._edge_mlp.mlp.NN-0.weight", "is missing");
  for (const char* head : {"energy", "forces", "stress"}) {
    const std::string name = std::string("heads.") + head + ".mlp.NN-0.weight";
    if (head == std::string("stress") && !file.has(name)) continue;
    model.head_hidden[head] = matrix_size(file, name).first;
  }
  model.n_references =
      static_cast<int>(std::clamp<std::int64_t>(file.tensor(reference_tensor).size(), 1, 100'000));
  check_shapes(file, model);
  if (energy_unit_of(file) != 1)
    throw InputError(file.path() + ": the energy unit of an orb-v2 model must be eV");
  model.cutoff = cutoff_of(file, "", 6);
  model.elements = elements_of(file, std::min(model.n_species, model.n_references) - 1);
  return model;
}

Description OrbModel::describe() const {
  // A list of a hundred names tells nobody more than its ends.
  const bool all = elements.size() > 20 && *elements.begin() == 1 &&
                   *elements.rbegin() == static_cast<int>(elements.size());
  const std::string names =
      all ? describe_elements({1}) + " to " + describe_elements({*elements.rbegin()})
          : describe_elements(elements);
  return {{"architecture", "orb-v2"},
          {"size", fmt::format("{} channels, {} hidden, {} steps", channels, hidden, steps)},
          {"cutoff", fmt::format("{} A", cutoff)},
          {"elements", names},
          {"remark", std::string("direct forces, not the gradient of the energy; not exactly "
                                 "invariant under rotation") +
                         (has_stress() ? "" : "; no stress")}};
}

namespace {
const bool registered = add_architecture(
    "orb-v2",
    {.potential = "orb",
     .telling_tensor = "model.gnn_stacks.0._edge_mlp.mlp.NN-0.weight",
     .describe = [](const Safetensors& file) { return OrbModel::read(file).describe(); }});
}  // namespace

}  // namespace md::orb
