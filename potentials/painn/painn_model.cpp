#include "potentials/painn/painn_model.hpp"

#include <fmt/format.h>

#include "md/errors.hpp"
#include "md/structure.hpp"
#include "md/text.hpp"
#include "potentials/support/architecture.hpp"
#include "potentials/support/model_file.hpp"
#include "potentials/support/safetensors_writer.hpp"

namespace md::painn {
namespace {

constexpr const char* cutoff_buffer = "rep.cutoff_fn.cutoff";
constexpr const char* frequency_buffer = "rep.radial_basis.freqs";

/// Takes tensors out of the file and remembers which, so that one too many is noticed.
class Reader {
 public:
  explicit Reader(const Safetensors& file) : file_(file) {}

  /// A tensor that something else has read.
  void accept(const std::string& name) { taken_.insert(name); }
  /// Rows and columns of a matrix whose size is not known yet.
  std::pair<int, int> matrix_size(const std::string& name) const {
    const StoredTensor& tensor = file_.tensor(name);
    if (tensor.shape.size() != 2 || tensor.shape[0] < 1 || tensor.shape[1] < 1 ||
        tensor.shape[0] > 1'000'000 || tensor.shape[1] > 1'000'000)
      file_.fail(name, "has the shape " + describe_shape(tensor.shape) + "; a matrix is wanted");
    return {static_cast<int>(tensor.shape[0]), static_cast<int>(tensor.shape[1])};
  }
  std::vector<double> take(const std::string& name, const std::vector<std::int64_t>& shape) {
    taken_.insert(name);
    return file_.values(name, shape);
  }
  DenseLayer dense(const std::string& name, int out, int in, bool bias = true) {
    DenseLayer layer{out, in, take(name + ".weight", {out, in}), {}};
    if (bias) layer.bias = take(name + ".bias", {out});
    return layer;
  }
  /// One number per element, also from a single number for all; in eV.
  std::vector<double> per_species(const std::string& name, int n, double unit) {
    const bool single = file_.tensor(name).size() == 1 && n != 1;
    std::vector<double> values =
        take(name, single ? file_.tensor(name).shape : std::vector<std::int64_t>{n});
    if (single) values.assign(n, values[0]);
    for (double& value : values) value *= unit;
    return values;
  }
  void refuse_others() const {
    for (const auto& [name, tensor] : file_.tensors())
      if (!taken_.contains(name)) file_.fail(name, "does not belong to a painn model");
  }

 private:
  const Safetensors& file_;
  std::set<std::string> taken_;
};

/// Index of `value` in `names`; the first one when the file does not say.
std::size_t choice(const Safetensors& file, const std::string& key,
                   const std::vector<std::string>& names) {
  const std::string value = file.metadata(key);
  if (value.empty()) return 0;
  for (std::size_t k = 0; k < names.size(); ++k)
    if (value == names[k]) return k;
  throw InputError(file.path() + ": metadata '" + key + "' is '" + value + "'; " + names[0] +
                   " or " + names[1] + " is wanted");
}

}  // namespace

PainnModel PainnModel::read(const Safetensors& file) {
  require_architecture(file, "painn");
  Reader reader(file);
  PainnModel model;
  const auto [species, channels] = reader.matrix_size("rep.embedding.weight");
  const auto [filters, radial] = reader.matrix_size("rep.filter_net.weight");
  const int f = channels;
  if (filters % (3 * f) != 0)
    file.fail("rep.filter_net.weight", "has " + std::to_string(filters) +
                                           " rows; a multiple of 3 x " + std::to_string(f) +
                                           " channels is wanted");
  const int n_layers = filters / (3 * f);
  model.channels = f;
  model.n_radial = radial;
  model.n_species = species;
  model.embedding = reader.take("rep.embedding.weight", {species, f});
  model.filter = reader.dense("rep.filter_net", filters, radial);
  for (int l = 0; l < n_layers; ++l) {
    const std::string number = std::to_string(l);
    const std::string context = "rep.interactions." + number + ".interatomic_context_net.";
    const std::string mixing = "rep.mixing." + number + ".intraatomic_context_net.";
    model.layers.push_back(
        {reader.dense(context + "0", f, f), reader.dense(context + "1", 3 * f, f),
         reader.dense(mixing + "0", f, 2 * f), reader.dense(mixing + "1", 3 * f, f),
         reader.dense("rep.mixing." + number + ".mu_channel_mix", 2 * f, f, false)});
  }
  const int hidden = reader.matrix_size("head.0.weight").first;
  model.head0 = reader.dense("head.0", hidden, f);
  model.head1 = reader.dense("head.1", 1, hidden);
  const double unit = energy_unit_of(file);
  model.scale = reader.per_species("scale", species, unit);
  model.shift = reader.per_species("shift", species, unit);
  if (file.has(cutoff_buffer)) reader.take(cutoff_buffer, {1});
  if (file.has(frequency_buffer)) reader.take(frequency_buffer, {radial});
  model.elements = elements_of(file, species - 1);
  const int n_elements = static_cast<int>(model.elements.size());
  model.uncertainty = Uncertainty::read(file, n_elements, hidden);
  for (const TensorToWrite& tensor : model.uncertainty.tensors(n_elements))
    reader.accept(tensor.name);
  reader.refuse_others();

  model.cutoff = cutoff_of(file, cutoff_buffer);
  model.envelope = choice(file, "envelope", {"cosine", "polynomial"}) == 0 ? Envelope::cosine
                                                                           : Envelope::polynomial;
  model.repulsion = choice(file, "repulsion", {"none", "zbl"}) == 1;
  model.epsilon = positive_of(file, "epsilon", model.epsilon);
  return model;
}

std::vector<PainnModel::Tensor> PainnModel::parameters() {
  std::vector<Tensor> result{{"rep.embedding.weight", {n_species, channels}, &embedding}};
  const auto dense = [&](const std::string& name, DenseLayer& layer) {
    result.push_back({name + ".weight", {layer.out, layer.in}, &layer.weight});
    if (!layer.bias.empty()) result.push_back({name + ".bias", {layer.out}, &layer.bias});
  };
  dense("rep.filter_net", filter);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::string number = std::to_string(l), mixing = "rep.mixing." + number + ".";
    const std::string context = "rep.interactions." + number + ".interatomic_context_net.";
    dense(context + "0", layers[l].context0);
    dense(context + "1", layers[l].context1);
    dense(mixing + "intraatomic_context_net.0", layers[l].mixing0);
    dense(mixing + "intraatomic_context_net.1", layers[l].mixing1);
    dense(mixing + "mu_channel_mix", layers[l].channel_mix);
  }
  dense("head.0", head0);
  dense("head.1", head1);
  return result;
}

void PainnModel::write(const std::string& path, std::map<std::string, std::string> metadata) const {
  PainnModel copy = *this;
  std::vector<TensorToWrite> tensors;
  for (const Tensor& tensor : copy.parameters())
    tensors.push_back({tensor.name, tensor.shape, *tensor.values});
  tensors.push_back({"scale", {n_species}, scale, true});
  tensors.push_back({"shift", {n_species}, shift, true});
  for (TensorToWrite& tensor : uncertainty.tensors(static_cast<int>(elements.size())))
    tensors.push_back(std::move(tensor));
  metadata["architecture"] = "painn";
  metadata["cutoff"] = fmt::format("{}", cutoff);
  std::vector<std::string> symbols;
  for (const int z : elements) symbols.emplace_back(symbol(z));
  metadata["elements"] = join(symbols, ",");
  metadata["envelope"] = envelope == Envelope::cosine ? "cosine" : "polynomial";
  metadata["repulsion"] = repulsion ? "zbl" : "none";
  metadata["epsilon"] = fmt::format("{}", epsilon);
  metadata["energy_unit"] = "eV";
  metadata["length_unit"] = "angstrom";
  write_safetensors(path, tensors, metadata);
}

Description PainnModel::describe() const {
  return {{"architecture", "painn"},
          {"size", fmt::format("{} channels, {} layers, {} radial functions", channels,
                               layers.size(), n_radial)},
          {"cutoff", fmt::format("{} A", cutoff)},
          {"elements", describe_elements(elements)},
          {"envelope", envelope == Envelope::cosine ? "cosine" : "polynomial"},
          {"repulsion", repulsion ? "zbl" : "none"},
          {"epsilon", fmt::format("{}", epsilon)},
          {"uncertainty", uncertainty.empty()
                              ? "not known"
                              : fmt::format("warns above {:.3g} eV/A", uncertainty.threshold)}};
}

namespace {
const bool registered = add_architecture(
    "painn",
    {.potential = "painn",
     .aliases = {"painn-schnetpack"},
     .telling_tensor = "rep.filter_net.weight",
     .describe = [](const Safetensors& file) { return PainnModel::read(file).describe(); },
     .buffers = {"rep.cutoff_fn.cutoff", "rep.radial_basis.freqs", "uncertainty.mean",
                 "uncertainty.scale", "uncertainty.atoms", "uncertainty.sums",
                 "uncertainty.calibration"},
     .unprintable = {
         {"training_domain", "of every element: mean, covariance and farthest atom of the data"}}});
}  // namespace

}  // namespace md::painn
