#include "potentials/orb/torch_orb.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <numbers>

#include "potentials/support/torch_runtime.hpp"

namespace md::orb {
namespace {

/// log(1 + exp(x)) - log 2; LibTorch's softplus is x itself above 20.
at::Tensor shifted_softplus(const at::Tensor& x) { return at::softplus(x).sub_(std::numbers::ln2); }

/// [E, d] -> [N, d]: sum over the edges whose entry in `atom` is the row.
at::Tensor sum_edges(const at::Tensor& x, const at::Tensor& atom, std::int64_t n_atoms) {
  return at::zeros({n_atoms, x.size(1)}, x.options()).index_add_(0, atom, x);
}

/// 1 - 15 x^4 + 24 x^5 - 10 x^6, 0 from 1 on. Gasteiger, Gross, Guennemann, ICLR 2020, eq. 8, p
/// = 4.
at::Tensor envelope(const at::Tensor& x) {
  return at::where(x < 1, 1 + x.pow(4) * (-15 + x * (24 - 10 * x)), 0.0);
}

}  // namespace

/// Reads the layers of a file into tensors on a device.
class TorchOrbReader {
 public:
  TorchOrbReader(const Safetensors& file, const OrbModel& model, TorchOrbTypes types,
                 const Device& device)
      : file_(file), shapes_(model.tensors()), types_(types), device_(device) {}

  at::Tensor tensor(const std::string& name, at::ScalarType type) const {
    return torch_copy(file_.values(name, shapes_.at(name)), shapes_.at(name), type, device_);
  }
  TorchOrb::Dense dense(const std::string& name, at::ScalarType factors) const {
    return {tensor(name + ".weight", factors), tensor(name + ".bias", types_.values)};
  }
  TorchOrb::Block block(const std::string& name, at::ScalarType first) const {
    return {dense(name + ".mlp.NN-0", first), dense(name + ".mlp.NN-1", types_.factors),
            dense(name + ".mlp.NN-2", types_.factors),
            tensor(name + ".layer_norm.weight", types_.values),
            tensor(name + ".layer_norm.bias", types_.values)};
  }
  TorchOrb::Step step(const std::string& name) const {
    TorchOrb::Step step;
    step.node = block(name + "._node_mlp", types_.factors);
    step.edge = block(name + "._edge_mlp", types_.factors);
    const TorchOrb::Dense whole = step.edge.first;
    const auto parts = whole.weight.chunk(3, 1);
    step.edge.first = {parts[0].contiguous(), {}};
    step.sender = {parts[1].contiguous(), whole.bias};
    step.receiver = {parts[2].contiguous(), {}};
    const TorchOrb::Dense send = dense(name + "._send_attn", types_.values),
                          receive = dense(name + "._receive_attn", types_.values);
    step.gates = {at::cat({send.weight, receive.weight}), at::cat({send.bias, receive.bias})};
    return step;
  }
  TorchOrb::Head head(const std::string& name) const {
    return {dense("heads." + name + ".mlp.NN-0", types_.values),
            dense("heads." + name + ".mlp.NN-1", types_.values), read_normaliser(file_, name)};
  }

 private:
  const Safetensors& file_;
  std::map<std::string, std::vector<std::int64_t>> shapes_;
  TorchOrbTypes types_;
  Device device_;
};

TorchOrb::TorchOrb(const Safetensors& file, const OrbModel& model, TorchOrbTypes types,
                   const Device& device)
    : types_(types), cutoff_(model.cutoff) {
  const TorchOrbReader reader(file, model, types, device);
  // What the node encoder makes of an element depends on nothing else.
  nodes_ = apply(reader.block("model._encoder._node_fn", types.values),
                 reader.tensor("model.atom_emb.embeddings.weight", types.values));
  edge_encoder_ = reader.block("model._encoder._edge_fn", types.values);
  for (int t = 0; t < model.steps; ++t)
    steps_.push_back(reader.step("model.gnn_stacks." + std::to_string(t)));
  energy_ = reader.head("energy");
  forces_ = reader.head("forces");
  if (model.has_stress()) stress_.push_back(reader.head("stress"));
  reference_ = torch_copy(file.values(reference_tensor, file.tensor(reference_tensor).shape),
                          {model.n_references}, at::kDouble, device);
}

/// x W^T + b. Where W is narrower than x, x is rounded for the product and b added after it.
at::Tensor TorchOrb::apply(const Dense& layer, const at::Tensor& x) {
  if (layer.weight.scalar_type() == x.scalar_type()) return at::linear(x, layer.weight, layer.bias);
  const at::Tensor y =
      at::linear(x.to(layer.weight.scalar_type()), layer.weight).to(x.scalar_type());
  return layer.bias.defined() ? y + layer.bias : y;
}

/// A block after its first dense layer, which gave x.
at::Tensor TorchOrb::rest_of(const Block& block, const at::Tensor& x) {
  const at::Tensor y =
      apply(block.third, shifted_softplus(apply(block.second, shifted_softplus(x))));
  return at::layer_norm(y, {y.size(1)}, block.scale, block.shift, 1e-5);
}

at::Tensor TorchOrb::apply(const Block& block, const at::Tensor& x) {
  return rest_of(block, apply(block.first, x));
}

at::Tensor TorchOrb::apply(const Head& head, const at::Tensor& x) {
  const at::Tensor y = apply(head.output, shifted_softplus(apply(head.hidden, x)));
  return y.to(at::kDouble) * head.normaliser.deviation + head.normaliser.mean;
}

TorchOrbPrediction TorchOrb::predict(const TorchOrbGraph& graph) const {
  const at::Tensor &sender = graph.sender, &receiver = graph.receiver;
  const std::int64_t n_atoms = graph.number.size(0);
  const at::Tensor r = graph.vector.norm(2, 1, /*keepdim=*/true);
  const at::Tensor gaussians = at::exp(-(r - 0.5 * at::arange(n_gaussians, r.options())).square());
  const at::Tensor direction = graph.vector / r.clamp_min(1e-12);
  const at::Tensor f = envelope(r / cutoff_).to(types_.values);
  at::Tensor e = apply(edge_encoder_, at::cat({gaussians, direction}, 1).to(types_.values));
  at::Tensor h = nodes_.index_select(0, graph.number);
  for (const Step& step : steps_) {
    const at::Tensor gate = at::sigmoid(apply(step.gates, e)) * f;  // [E, 2]
    const at::Tensor u =
        rest_of(step.edge, apply(step.edge.first, e)
                               .add_(apply(step.sender, h).index_select(0, sender))
                               .add_(apply(step.receiver, h).index_select(0, receiver)));
    const at::Tensor sent = sum_edges(gate.narrow(1, 0, 1) * u, sender, n_atoms),
                     received = sum_edges(gate.narrow(1, 1, 1) * u, receiver, n_atoms);
    h = h + apply(step.node, at::cat({h, received, sent}, 1));
    e = e.add_(u);
  }
  // Means over the atoms of a system.
  const at::Tensor size = graph.sum(at::ones({n_atoms, 1}, r.options()));
  const at::Tensor mean = (graph.sum(h.to(at::kDouble)) / size).to(types_.values);
  const at::Tensor reference = reference_.index_select(0, graph.number).unsqueeze(1);
  return {(size * apply(energy_, mean) + graph.sum(reference)).squeeze(1), apply(forces_, h),
          stress_.empty() ? at::Tensor() : apply(stress_[0], mean)};
}

}  // namespace md::orb
