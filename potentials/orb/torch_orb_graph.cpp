#include "potentials/orb/torch_orb_graph.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_cross.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/searchsorted.h>
#include <ATen/ops/where.h>

#include "potentials/support/torch_runtime.hpp"

namespace md::orb {
namespace {

/// How many equal elements stand before each element of an ascending array.
at::Tensor rank_in_segment(const at::Tensor& ascending) {
  return at::arange(ascending.size(0), ascending.options()) -
         at::searchsorted(ascending, ascending);
}

}  // namespace

TorchOrbGraph nearest_graph(const StateView& state, const NeighborView& neighbors,
                            const Device& device, int first, int last, std::int64_t begin,
                            std::int64_t end, double cutoff, int most) {
  const auto ints = [&](const int* data, std::int64_t n) {
    return torch_view(data, {n}, at::kInt, device);
  };
  const auto vectors = [&](const Vec3* data, std::int64_t n) {
    return torch_view(data, {n, 3}, at::kDouble, device);
  };
  const std::int64_t n = end - begin;
  TorchOrbGraph graph;
  graph.n_systems = last - first;
  graph.number = ints(state.number + begin, n).to(at::kLong);
  graph.system = ints(state.replica + begin, n).to(at::kLong) - first;

  // All entries of the rows: [pairs].
  at::Tensor sender = at::repeat_interleave(at::arange(n, graph.number.options()),
                                            ints(neighbors.count + begin, n).to(at::kLong));
  const at::Tensor entry =
      torch_view(neighbors.row + begin, {n}, at::kLong, device).index_select(0, sender) +
      rank_in_segment(sender);
  at::Tensor receiver =
      ints(neighbors.atom, neighbors.capacity).index_select(0, entry).to(at::kLong) - begin;
  at::Tensor image = ints(neighbors.image, neighbors.capacity).index_select(0, entry);
  const at::Tensor first_shift = ints(neighbors.first_shift, state.n_replicas + 1);
  const at::Tensor shift =
      vectors(neighbors.shift, first_shift[state.n_replicas].item<int>())
          .index_select(0, first_shift.narrow(0, first, graph.n_systems)
                                   .index_select(0, graph.system.index_select(0, sender)) +
                               image);
  const at::Tensor wrapped = vectors(neighbors.wrapped + begin, n);
  at::Tensor vector = (wrapped.index_select(0, receiver) - wrapped.index_select(0, sender)) + shift;
  // In this order of operations the bits are those of norm(), and so the rounding of ties.
  const auto x = vector.square().unbind(1);
  at::Tensor distance = (x[0] + x[1] + x[2]).sqrt();

  const auto keep = [&](const at::Tensor& which) {
    for (at::Tensor* array : {&sender, &receiver, &image, &distance, &vector})
      *array = array->index_select(0, which);
  };
  keep((distance < cutoff).nonzero().squeeze(1));
  distance = (distance * 1e9 + 0.5).floor().to(at::kLong);
  at::Tensor order = at::arange(sender.size(0), sender.options());
  // Images of a row are numbered in the lexicographic order of their shifts.
  for (const at::Tensor& key : {image, receiver, distance, sender})
    order = order.index_select(0, at::argsort(key.index_select(0, order), /*stable=*/true, 0));
  keep(order);
  keep((rank_in_segment(sender) < most).nonzero().squeeze(1));
  graph.sender = sender;
  graph.receiver = receiver;
  graph.vector = vector;
  return graph;
}

at::Tensor without_net_force(const TorchOrbGraph& graph, const at::Tensor& forces,
                             const at::Tensor& position, const at::Tensor& free) {
  const at::Tensor size = graph.sum(at::ones({position.size(0), 1}, position.options()));
  const auto without_mean = [&](const at::Tensor& x) {
    return x - (graph.sum(x) / size).index_select(0, graph.system);
  };
  const at::Tensor force = without_mean(forces);
  if (!free.any().item<bool>()) return force;
  // M mu = -torque by the pseudo-inverse of M = sum r r^T - sum |r|^2.
  const at::Tensor r = without_mean(position);
  const at::Tensor torque = graph.sum(at::linalg_cross(r, force));
  const at::Tensor rr = graph.sum((r.unsqueeze(2) * r.unsqueeze(1)).flatten(1)).view({-1, 3, 3});
  const at::Tensor m = rr - rr.diagonal(0, 1, 2).sum(1).view({-1, 1, 1}) * at::eye(3, rr.options());
  // A system whose positions are no numbers must not end the others: its r spoil its forces.
  const auto [value, vector] = at::linalg_eigh(at::where(at::isfinite(m), m, 0.0));
  const at::Tensor size_of_value = value.abs();
  const at::Tensor kept = size_of_value > 1e-10 * size_of_value.amax(1, true);
  const at::Tensor along = (vector * torque.unsqueeze(2)).sum(1);  // V^T torque
  const at::Tensor mu = -(vector * at::where(kept, along / value, 0.0).unsqueeze(1)).sum(2);
  const at::Tensor balanced = force + at::linalg_cross(r, mu.index_select(0, graph.system));
  return at::where(free.index_select(0, graph.system).unsqueeze(1), balanced, force);
}

}  // namespace md::orb
