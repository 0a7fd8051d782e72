#include "potentials/torchscript/torch_script_systems.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cstring>

#include "md/cell.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md {
namespace {

constexpr double vacuum = 100;  // A

/// [B, 3, 3]. Rows that nothing is periodic along may be missing; models want cells that can be
/// inverted.
at::Tensor cells_of(const StateView& state, const std::vector<int>& replicas,
                    const std::vector<Periodicity>& periodic, const Device& device) {
  const auto n = static_cast<std::int64_t>(replicas.size());
  at::Tensor cells = at::empty({n, 3, 3}, at::kDouble);
  for (std::int64_t k = 0; k < n; ++k) {
    const int r = replicas[k];
    Mat3 cell;
    copy_to_host(device, &cell, state.cell + r, sizeof cell);
    cell = complete_cell(cell, periodic[r], vacuum);
    std::memcpy(cells[k].mutable_data_ptr(), &cell, sizeof cell);
  }
  return cells.to(torch_device(device));
}

at::Tensor pbcs_of(const std::vector<int>& replicas, const std::vector<Periodicity>& periodic,
                   const at::Device& device) {
  std::vector<int> flags;
  for (const int r : replicas)
    for (int k = 0; k < 3; ++k) flags.push_back(int{periodic[r][k]});
  return at::tensor(flags, at::kInt)
      .view({static_cast<std::int64_t>(replicas.size()), 3})
      .to(device, at::kBool);
}

}  // namespace

ScriptSystems gather_systems(const StateView& state, const EdgeView& edges,
                             const ScriptAdapter& adapter, const std::vector<int>& replicas,
                             const std::vector<int>& first_atom,
                             const std::vector<Periodicity>& periodic, const at::Tensor& atoms,
                             const Device& device) {
  ScriptSystems s;
  s.n_systems = static_cast<std::int64_t>(replicas.size());
  s.numbers = torch_view(state.number, {state.n_atoms}, at::kInt, device)
                  .index_select(0, atoms)
                  .to(at::kLong);
  s.positions =
      torch_view(state.position, {state.n_atoms, 3}, at::kDouble, device).index_select(0, atoms);
  const int r = replicas[0];
  if (s.n_systems == 1 && periodic[r].any()) {
    s.cell = cells_of(state, {r}, periodic, device).squeeze(0);
    s.pbc = pbcs_of({r}, periodic, s.cell.device()).squeeze(0);
  }
  if (!adapter.in_a_row) {
    if (adapter.batched) {
      const std::int64_t n = first_atom[r + 1] - first_atom[r];
      s.numbers = s.numbers.view({s.n_systems, n});
      s.positions = s.positions.view({s.n_systems, n, 3});
    }
    return s;
  }
  std::vector<std::int64_t> begin{0}, system;
  for (const int replica : replicas) {
    system.resize(system.size() + first_atom[replica + 1] - first_atom[replica],
                  static_cast<std::int64_t>(begin.size()) - 1);
    begin.push_back(static_cast<std::int64_t>(system.size()));
  }
  s.batch = at::tensor(system, at::kLong).to(atoms.device());
  s.ptr = at::tensor(begin, at::kLong).to(atoms.device());
  if (adapter.takes(ScriptInput::cells) || adapter.takes(ScriptInput::cell_rows) ||
      adapter.takes(ScriptInput::unit_shifts))
    s.cells = cells_of(state, replicas, periodic, device);
  if (adapter.takes(ScriptInput::pbcs)) s.pbcs = pbcs_of(replicas, periodic, atoms.device());
  if (!adapter.on_edges()) return s;
  const auto ints = [&](const int* data, std::int64_t n) {
    return torch_view(data, {n}, at::kInt, device).to(at::kLong);
  };
  // Place of each atom among those of this call; -1: not one of them.
  const at::Tensor place = at::full({state.n_atoms}, -1, atoms.options())
                               .index_copy_(0, atoms, at::arange(atoms.size(0), atoms.options()));
  const at::Tensor center = place.index_select(0, ints(edges.center, edges.n_edges));
  const at::Tensor kept = center.ge(0).nonzero().squeeze(1);
  s.center = center.index_select(0, kept);
  s.neighbor = place.index_select(0, ints(edges.neighbor, edges.n_edges).index_select(0, kept));
  s.vector =
      torch_view(edges.vector, {edges.n_edges, 3}, at::kDouble, device).index_select(0, kept);
  return s;
}

at::Tensor places_of(const at::Tensor& numbers, const std::vector<int>& types) {
  if (types.empty()) return numbers - 1;
  at::Tensor table = at::full({119}, -1, at::kLong);
  for (std::size_t k = 0; k < types.size(); ++k) table[types[k]] = static_cast<std::int64_t>(k);
  return table.to(numbers.device()).index_select(0, numbers.flatten()).view(numbers.sizes());
}

ScriptSystems trial_systems(const ScriptAdapter& adapter, const at::Device& device) {
  const int z = adapter.elements.empty() ? 1 : *adapter.elements.begin();
  const auto ints = at::TensorOptions().dtype(at::kLong).device(device);
  ScriptSystems s;
  s.n_systems = adapter.batched ? 2 : 1;
  const std::int64_t n = s.n_systems;
  s.numbers = at::full({n, 2}, z, ints);
  s.positions = at::zeros({n, 2, 3}, ints.dtype(at::kDouble));
  for (std::int64_t k = 0; k < n; ++k) s.positions[k][1].fill_(0.6 + 0.1 * double(k));
  const at::Tensor cell = vacuum * at::eye(3, s.positions.options());
  if (adapter.periodic && !(adapter.in_a_row && adapter.batched)) {
    s.cell = cell;
    s.pbc = at::ones({3}, ints.dtype(at::kBool));
  }
  if (!adapter.in_a_row) {
    if (adapter.batched) return s;
    s.numbers = s.numbers.squeeze(0);
    s.positions = s.positions.squeeze(0);
    return s;
  }
  s.numbers = s.numbers.flatten();
  s.positions = s.positions.reshape({2 * n, 3});
  s.batch = at::arange(0, 2 * n, ints).floor_divide(2);
  s.ptr = at::arange(0, 2 * n + 1, 2, ints);
  s.cells = cell.expand({n, 3, 3}).contiguous();
  s.pbcs = at::full({n, 3}, adapter.periodic, ints.dtype(at::kBool));
  if (!adapter.on_edges()) return s;
  s.center = at::arange(0, 2 * n, ints);
  s.neighbor = s.center.bitwise_xor(1);
  s.vector = s.positions.index_select(0, s.neighbor) - s.positions;
  return s;
}

}  // namespace md
