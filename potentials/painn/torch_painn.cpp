#include "potentials/painn/torch_painn.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <numbers>

#include "potentials/painn/zbl.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md::painn {
namespace {

template <class Dense>
at::Tensor apply(const Dense& layer, const at::Tensor& x) {
  return at::linear(x, layer.weight, layer.bias);
}

/// Two dense layers on x: Lin(silu(Lin(x))).
template <class Dense>
at::Tensor two_layers(const Dense& first, const Dense& second, const at::Tensor& x) {
  return apply(second, at::silu(apply(first, x)));
}

/// sum over the edges of each center: [E, ...] -> [N, ...].
at::Tensor sum_edges(const at::Tensor& x, const TorchGraph& graph) {
  auto shape = x.sizes().vec();
  shape[0] = graph.number.size(0);
  return at::zeros(shape, x.options()).index_add(0, graph.center, x);
}

/// The value of PolynomialEnvelope, written apart to check it.
at::Tensor polynomial(const at::Tensor& x) {
  const at::Tensor x6 = x.pow(6);
  return 1 - 28 * x6 + 48 * x6 * x - 21 * x6 * x * x;
}

}  // namespace

TorchPainn::TorchPainn(const PainnModel& model, at::ScalarType precision, const Device& device)
    : channels_(model.channels),
      n_radial_(model.n_radial),
      cutoff_(model.cutoff),
      epsilon_(model.epsilon),
      envelope_(model.envelope),
      repulsion_(model.repulsion),
      precision_(precision) {
  const auto dense = [&](const DenseLayer& layer) {
    Dense result{torch_copy(layer.weight, {layer.out, layer.in}, precision, device), {}};
    if (!layer.bias.empty()) result.bias = torch_copy(layer.bias, {layer.out}, precision, device);
    return result;
  };
  embedding_ = torch_copy(model.embedding, {model.n_species, channels_}, precision, device);
  scale_ = torch_copy(model.scale, {model.n_species}, at::kDouble, device);
  shift_ = torch_copy(model.shift, {model.n_species}, at::kDouble, device);
  filter_ = dense(model.filter);
  head0_ = dense(model.head0);
  head1_ = dense(model.head1);
  for (const PainnModel::Layer& layer : model.layers)
    layers_.push_back({dense(layer.context0), dense(layer.context1), dense(layer.mixing0),
                       dense(layer.mixing1), dense(layer.channel_mix)});
}

std::vector<at::Tensor*> TorchPainn::parameters() {
  std::vector<at::Tensor*> result{&embedding_};
  const auto dense = [&](Dense& layer) {
    result.push_back(&layer.weight);
    if (layer.bias.defined()) result.push_back(&layer.bias);
  };
  dense(filter_);
  for (Layer& layer : layers_)
    for (Dense* part :
         {&layer.context0, &layer.context1, &layer.mixing0, &layer.mixing1, &layer.channel_mix})
      dense(*part);
  dense(head0_);
  dense(head1_);
  return result;
}

at::Tensor TorchPainn::atom_energies(const TorchGraph& graph) const {
  const at::Tensor distance = graph.vector.norm(2, 1);
  const at::Tensor direction = (graph.vector / distance.unsqueeze(1)).to(precision_);
  // (B fc, fc) and (Wf, bf), so that a filter W = (B Wf^T + bf) fc is one product: [E, K + 1].
  const at::Tensor fc = envelope(distance).unsqueeze(1);
  const at::Tensor radial = at::cat({radial_functions(distance) * fc, fc}, 1).to(precision_);
  const at::Tensor weight = at::cat({filter_.weight, filter_.bias.unsqueeze(1)}, 1);
  Features features{embedding_.index_select(0, graph.number), {}};
  const auto n_layers = static_cast<std::int64_t>(layers_.size());
  for (std::int64_t l = 0; l < n_layers; ++l) {
    // phi = Lin(silu(Lin(s)));  s' = s + ds;  v' = v + dv.
    const at::Tensor filter =
        at::mm(radial, weight.narrow(0, 3 * channels_ * l, 3 * channels_).t());
    const at::Tensor phi = two_layers(layers_[l].context0, layers_[l].context1, features.s);
    const Features sum = messages(phi, filter, features.v, direction, graph);
    features = {features.s + sum.s, features.v.defined() ? features.v + sum.v : sum.v};
    features = update(layers_[l], features, l + 1 == n_layers);
  }
  const at::Tensor energies = readout(features.s, graph.number);
  return repulsion_ ? energies + repulsion(graph, distance) : energies;
}

// B_n(d) = sin(n pi d / rc) / d.
at::Tensor TorchPainn::radial_functions(const at::Tensor& distance) const {
  const at::Tensor k =
      at::arange(1, n_radial_ + 1, distance.options()) * (std::numbers::pi / cutoff_);
  return at::sin(distance.unsqueeze(1) * k) / distance.unsqueeze(1);
}

// fc(d); every edge is shorter than the cutoff.
at::Tensor TorchPainn::envelope(const at::Tensor& distance) const {
  const at::Tensor x = distance / cutoff_;
  if (envelope_ == Envelope::polynomial) return polynomial(x);
  return 0.5 * (at::cos(std::numbers::pi * x) + 1);
}

// x = phi_j W = (x^s, x^r, x^v);  ds = sum_e x^s;  dv = sum_e (x^r (x) u + x^v v_j).
TorchPainn::Features TorchPainn::messages(const at::Tensor& phi, const at::Tensor& filter,
                                          const at::Tensor& v, const at::Tensor& direction,
                                          const TorchGraph& graph) const {
  const auto x = (phi.index_select(0, graph.neighbor) * filter).split(channels_, 1);
  at::Tensor dv = x[1].unsqueeze(1) * direction.unsqueeze(2);
  if (v.defined()) dv = dv + x[2].unsqueeze(1) * v.index_select(0, graph.neighbor);
  return {sum_edges(x[0], graph), sum_edges(dv, graph)};
}

// (V, U) = v' Wm^T;  n = sqrt(sum_xyz V^2 + epsilon);  (a^ss, a^vv, a^sv) = Lin(silu(Lin([s',
// n]))); s = s' + a^ss + a^sv sum_xyz V U;  v = v' + a^vv U, which the last layer does not need.
TorchPainn::Features TorchPainn::update(const Layer& layer, const Features& in, bool last) const {
  const auto mixed = apply(layer.channel_mix, in.v).split(channels_, 2);
  const at::Tensor &v = mixed[0], &u = mixed[1];
  const at::Tensor norm = at::sqrt(v.square().sum(1) + epsilon_);
  const auto a =
      two_layers(layer.mixing0, layer.mixing1, at::cat({in.s, norm}, 1)).split(channels_, 1);
  const at::Tensor s = in.s + a[0] + a[2] * (v * u).sum(1);
  if (last) return {s, {}};
  return {s, in.v + a[1].unsqueeze(1) * u};
}

// y = Lin(silu(Lin(s)));  E_i = scale_Z y_i + shift_Z.
at::Tensor TorchPainn::readout(const at::Tensor& s, const at::Tensor& number) const {
  const at::Tensor y = two_layers(head0_, head1_, s).squeeze(1).to(at::kDouble);
  return scale_.index_select(0, number) * y + shift_.index_select(0, number);
}

// See zbl.hpp. Each of the two edges of a pair carries half, to its center.
at::Tensor TorchPainn::repulsion(const TorchGraph& graph, const at::Tensor& distance) const {
  const at::Tensor z = graph.number.to(at::kDouble);
  const at::Tensor zi = z.index_select(0, graph.center), zj = z.index_select(0, graph.neighbor);
  const at::Tensor x = distance * (zi.pow(zbl::power) + zj.pow(zbl::power)) / zbl::length;
  at::Tensor screening = at::zeros_like(distance);
  for (int k = 0; k < 4; ++k) screening = screening + zbl::weight[k] * at::exp(-zbl::decay[k] * x);
  const at::Tensor envelope = polynomial(at::clamp_max(distance / zbl::end, 1.0));
  return sum_edges(0.5 * zbl::coulomb * zi * zj / distance * screening * envelope, graph);
}

}  // namespace md::painn
