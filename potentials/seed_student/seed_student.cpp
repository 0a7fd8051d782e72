#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>

#include <numbers>

#include "potentials/support/architecture.hpp"
#include "potentials/support/model_file.hpp"
#include "potentials/support/torch_edges.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md {
namespace {

constexpr double default_cutoff = 5.0;  // A, where the file does not say

/// The network of the first student files, kept so that such a file can be run. It is not PaiNN:
/// a 3x3 matrix mixes x, y and z of its vectors, so that the energy changes with rotation, and the
/// cutoff acts before the layers of the filter, so that the energy jumps at the cutoff. F channels,
/// K Gaussians. Geometry and energies of atoms in double, the rest in the precision asked for.
class SeedStudentNetwork final : public TorchNetwork {
 public:
  SeedStudentNetwork(const Safetensors& file, at::ScalarType precision, const Device& device);
  at::Tensor atom_energies(const TorchGraph& graph) const override;
  double cutoff() const { return cutoff_; }
  const std::set<int>& elements() const { return elements_; }

 private:
  struct Dense {
    at::Tensor weight, bias;
  };
  struct Layer {
    Dense filter0, filter1, update0, update1;
    at::Tensor mixing;  // [3, 3]; undefined: zero
  };

  at::Tensor gaussians(const at::Tensor& distance) const;

  double cutoff_, energy_unit_;
  std::set<int> elements_;
  at::ScalarType precision_;
  at::Tensor embedding_;         // [n_species, F]
  at::Tensor centers_, widths_;  // [K] double, A
  std::vector<Layer> layers_;
  std::vector<Dense> head_;  // F -> H1 -> H2 -> 1
};

SeedStudentNetwork::SeedStudentNetwork(const Safetensors& file, at::ScalarType precision,
                                       const Device& device)
    : precision_(precision) {
  require_architecture(file, "seed-student");
  std::set<std::string> taken;
  const auto take = [&](const std::string& name, const std::vector<std::int64_t>& shape,
                        at::ScalarType type) {
    taken.insert(name);
    return torch_copy(file.values(name, shape), shape, type, device);
  };
  const auto rows = [&](const std::string& name) {
    const auto& shape = file.tensor(name).shape;
    if (shape.size() != 2) file.fail(name, "must be a matrix, not " + describe_shape(shape));
    return shape[0];
  };
  const auto dense = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    return Dense{take(name + ".weight", {out, in}, precision),
                 take(name + ".bias", {out}, precision)};
  };
  const std::int64_t species = rows("embedding.weight");
  const std::int64_t f = species > 0 ? file.tensor("embedding.weight").size() / species : 0;
  embedding_ = take("embedding.weight", {species, f}, precision);
  const std::int64_t k = file.tensor("rbf.centers").size();
  centers_ = take("rbf.centers", {k}, at::kDouble);
  widths_ = take("rbf.widths", {k}, at::kDouble);
  for (int l = 0;; ++l) {
    const std::string name = "interactions." + std::to_string(l) + ".";
    if (!file.has(name + "message.rbf_to_scalar.0.weight")) break;
    Layer layer{dense(name + "message.rbf_to_scalar.0", f, k),
                dense(name + "message.rbf_to_scalar.2", 3 * f, f),
                dense(name + "update.update_mlp.0", f, 2 * f),
                dense(name + "update.update_mlp.2", 3 * f, f),
                {}};
    if (const std::string mixing = name + "update.mixing_matrix"; file.has(mixing))
      layer.mixing = take(mixing, {3, 3}, precision);
    layers_.push_back(layer);
  }
  if (layers_.empty()) file.fail("interactions.0.message.rbf_to_scalar.0.weight", "is missing");
  std::int64_t in = f;
  for (const char* name : {"energy_head.0", "energy_head.2", "energy_head.4"}) {
    const std::int64_t out = rows(std::string(name) + ".weight");
    head_.push_back(dense(name, out, in));
    in = out;
  }
  if (in != 1) file.fail("energy_head.4.weight", "must have one row");
  for (const auto& [name, tensor] : file.tensors())
    if (!taken.contains(name)) file.fail(name, "does not belong to a seed-student model");
  cutoff_ = cutoff_of(file, "", default_cutoff);
  energy_unit_ = energy_unit_of(file);
  elements_ = elements_of(file, static_cast<int>(species) - 1);
}

// exp(-((d - c) / w)^2) (cos(pi d / rc) + 1) / 2.
at::Tensor SeedStudentNetwork::gaussians(const at::Tensor& distance) const {
  const at::Tensor x = (distance.unsqueeze(1) - centers_) / widths_;
  const at::Tensor envelope = 0.5 * (at::cos(distance * (std::numbers::pi / cutoff_)) + 1);
  return at::exp(-x.square()) * envelope.unsqueeze(1);
}

at::Tensor SeedStudentNetwork::atom_energies(const TorchGraph& graph) const {
  const auto apply = [](const Dense& layer, const at::Tensor& x) {
    return at::linear(x, layer.weight, layer.bias);
  };
  const at::Tensor distance = graph.vector.norm(2, 1);
  const at::Tensor direction =
      (graph.vector / (distance + 1e-8).unsqueeze(1)).to(precision_).unsqueeze(2);
  const at::Tensor radial = gaussians(distance).to(precision_);
  const std::int64_t f = embedding_.size(1);
  const double negligible = precision_ == at::kDouble ? 1e-13 : 1e-6;
  at::Tensor q = embedding_.index_select(0, graph.number);   // [N, F]
  at::Tensor v = at::zeros({q.size(0), 3, f}, q.options());  // [N, 3, F]
  const auto neighbor = [&](const at::Tensor& x) { return x.index_select(0, graph.neighbor); };
  for (const Layer& layer : layers_) {
    // [w0, w1, w2] = Lin(silu(Lin(g)));  q += sum_j q_j w0;  v += sum_j (v_j w1 + u (x) w2).
    const auto w = apply(layer.filter1, at::silu(apply(layer.filter0, radial))).split(f, 1);
    const at::Tensor dq = neighbor(q) * w[0];
    const at::Tensor dv = neighbor(v) * w[1].unsqueeze(1) + direction * w[2].unsqueeze(1);
    q = q.index_add(0, graph.center, dq);
    v = v.index_add(0, graph.center, dv);
    // [c0, c1, c2] = Lin(silu(Lin([q, |v|])));  q += c0;  v = v c1 + (A v) c2. |v| has no gradient
    // where v is zero: it is taken as zero wherever symmetry leaves nothing but rounding of v.
    const at::Tensor square = v.square().sum(1);
    const at::Tensor zero = square.lt(negligible * negligible);
    const at::Tensor norm = square.masked_fill(zero, 1).sqrt().masked_fill(zero, 0);
    const auto c =
        apply(layer.update1, at::silu(apply(layer.update0, at::cat({q, norm}, 1)))).split(f, 1);
    q = q + c[0];
    at::Tensor next = v * c[1].unsqueeze(1);
    if (layer.mixing.defined()) next = next + at::matmul(layer.mixing, v) * c[2].unsqueeze(1);
    v = next;
  }
  for (std::size_t k = 0; k < head_.size(); ++k) q = apply(head_[k], k == 0 ? q : at::silu(q));
  return q.squeeze(1).to(at::kDouble) * energy_unit_;
}

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const Safetensors file(options.input.file("potential.model"));
  const at::ScalarType precision = torch_precision(options);
  auto network = std::make_unique<SeedStudentNetwork>(file, precision, options.device);
  PotentialTraits traits;
  traits.cutoff = network->cutoff();
  traits.elements = network->elements();
  // What its authors took for granted, and `understudy verify` finds not to be so.
  traits.conservative = traits.rotation_invariant = true;
  traits.continuous_energy = traits.continuous_forces = true;
  traits.force_noise = precision == at::kDouble ? 1e-11 : 1e-4;
#ifndef MD_TORCH_CUDA
  traits.on_gpu = false;
#endif
  Description description{
      {"architecture", "seed-student"},
      {"cutoff", std::to_string(network->cutoff()) + " A"},
      {"elements", describe_elements(network->elements())},
      {"known defects",
       "the energy changes with rotation (0.1 eV for water) and jumps at the cutoff "
       "(up to 0.5 eV); not for periodic systems"}};
  return std::make_unique<TorchEdgePotential>(std::move(network), traits, options.device,
                                              options.strict, std::move(description));
}

const bool supplied = potentials().supply("seed_student", make);

}  // namespace
}  // namespace md
