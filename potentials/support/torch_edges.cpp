#include "potentials/support/torch_edges.hpp"

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "potentials/support/torch_runtime.hpp"

namespace md {

EnergyGradient differentiate(const TorchNetwork& network, TorchGraph graph) {
  graph.vector = graph.vector.detach().requires_grad_();
  const at::Tensor energies = network.atom_energies(graph);
  if (!energies.requires_grad()) return {energies, at::zeros_like(graph.vector)};
  const auto gradient = torch::autograd::grad({energies.sum()}, {graph.vector}, {}, false, false,
                                              /*allow_unused=*/true);
  return {energies.detach(), gradient[0].defined() ? gradient[0] : at::zeros_like(graph.vector)};
}

TorchEdgePotential::TorchEdgePotential(std::unique_ptr<TorchNetwork> network,
                                       PotentialTraits traits, Device device, bool strict,
                                       Description description)
    : network_(std::move(network)),
      traits_(std::move(traits)),
      device_(device),
      strict_(strict),
      description_(std::move(description)),
      edges_(device) {}

void TorchEdgePotential::add_forces(const StateView& state, const NeighborList& neighbors,
                                    bool virial, Stream& stream) {
  edges_.update(state, neighbors, stream);
  if (gate_closed(stream)) return;
  const TorchScope scope(stream);
  const EdgeView edges = edges_.view();
  try {
    at::Tensor gradient = at::zeros(
        {edges.n_edges, 3}, at::TensorOptions().dtype(at::kDouble).device(torch_device(device_)));
    if (!strict_) {
      evaluate(state, edges, {0, state.n_replicas}, {0, state.n_atoms}, {0, edges.n_edges},
               gradient);
    } else {
      const at::Tensor atoms =
          torch_view(state.first_atom, {state.n_replicas + 1}, at::kInt, device_).to(at::kLong);
      const at::Tensor first_edge = torch_view(edges.first, {state.n_atoms + 1}, at::kInt, device_)
                                        .index_select(0, atoms)
                                        .to(at::kCPU, at::kLong);
      const at::Tensor first_atom = atoms.to(at::kCPU);
      const std::int64_t* atom = first_atom.const_data_ptr<std::int64_t>();
      const std::int64_t* edge = first_edge.const_data_ptr<std::int64_t>();
      for (int r = 0; r < state.n_replicas; ++r)
        evaluate(state, edges, {r, r + 1}, {atom[r], atom[r + 1]}, {edge[r], edge[r + 1]},
                 gradient);
    }
    edges_.add_forces(state, static_cast<const Vec3*>(gradient.const_data_ptr()), virial, stream);
  } catch (const c10::Error& error) {
    rethrow_torch(error, "evaluation of the potential");
  }
}

void TorchEdgePotential::evaluate(const StateView& state, const EdgeView& edges, Range replicas,
                                  Range atoms, Range range, at::Tensor& gradient) const {
  const std::int64_t n_atoms = atoms.end - atoms.begin, n_edges = range.end - range.begin;
  const auto ints = [&](const int* data, std::int64_t begin, std::int64_t n) {
    return torch_view(data + begin, {n}, at::kInt, device_).to(at::kLong);
  };
  // A copy, so that its alignment, which may decide the last bits, is always the same.
  const at::Tensor vector =
      torch_view(edges.vector + range.begin, {n_edges, 3}, at::kDouble, device_).clone();
  // Not "below the cutoff": a vector that is not a number must stay and spoil its replica's energy.
  const double limit = traits_.cutoff * traits_.cutoff;
  const at::Tensor kept = vector.square().sum(1).ge(limit).logical_not().nonzero().squeeze(1);
  const TorchGraph graph{
      ints(state.number, atoms.begin, n_atoms),
      ints(edges.center, range.begin, n_edges).index_select(0, kept) - atoms.begin,
      ints(edges.neighbor, range.begin, n_edges).index_select(0, kept) - atoms.begin,
      vector.index_select(0, kept)};
  const EnergyGradient result = differentiate(*network_, graph);
  gradient.narrow(0, range.begin, n_edges).index_copy_(0, kept, result.gradient);

  const std::int64_t n_replicas = replicas.end - replicas.begin;
  at::Tensor potential =
      torch_view(state.potential + replicas.begin, {n_replicas}, at::kDouble, device_);
  if (n_replicas == 1)
    potential.add_(result.energies.sum());
  else
    potential.index_add_(0, ints(state.replica, atoms.begin, n_atoms), result.energies);
}

}  // namespace md
