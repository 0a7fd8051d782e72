#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/round.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "potentials/torchscript/torch_script_call.hpp"

namespace md {
namespace {

/// Shifts [E, 3] in vectors of the cells: whole numbers.
at::Tensor in_cells(const ScriptSystems& s) {
  const at::Tensor shifts =
      s.vector - (s.positions.index_select(0, s.neighbor) - s.positions.index_select(0, s.center));
  const at::Tensor inverse =
      at::linalg_inv(s.cells).index_select(0, s.batch.index_select(0, s.center));
  return at::round(at::bmm(shifts.unsqueeze(1), inverse).squeeze(1));
}

}  // namespace

std::vector<c10::IValue> ScriptCall::values(const ScriptSystems& s, const Geometry& g) const {
  const auto real = [&](const at::Tensor& x) { return x.to(precision_); };
  const at::TensorOptions options = s.positions.options();
  at::Tensor near, far;  // edges of both kinds
  if (adapter_.on_edges()) {
    const at::Tensor square = s.vector.square().sum(1);
    const auto within = [&](double cutoff) {
      return square.ge(cutoff * cutoff).logical_not().nonzero().squeeze(1);
    };
    near = within(adapter_.cutoff);
    if (adapter_.cutoff_lr > 0) far = within(adapter_.cutoff_lr);
  }
  const auto index = [&](const at::Tensor& kept) {
    return at::stack({s.center.index_select(0, kept), s.neighbor.index_select(0, kept)});
  };
  const auto ints = options.dtype(at::kLong);
  const auto value = [&](ScriptInput input) -> c10::IValue {
    switch (input) {
      case ScriptInput::numbers:
        return s.numbers;
      case ScriptInput::types:
        return places_of(s.numbers, adapter_.types);
      case ScriptInput::one_hot: {
        const std::int64_t n =
            adapter_.types.empty() ? 118 : static_cast<std::int64_t>(adapter_.types.size());
        return at::zeros({s.numbers.size(0), n}, options.dtype(precision_))
            .scatter_(1, places_of(s.numbers, adapter_.types).unsqueeze(1), 1);
      }
      case ScriptInput::positions:
        return real(g.positions);
      case ScriptInput::cell:
        return real(g.cell.defined() ? g.cell : at::zeros({3, 3}, options));
      case ScriptInput::box:
        return g.cell.defined() ? c10::IValue(real(g.cell)) : c10::IValue();
      case ScriptInput::cells:
        return real(g.cells);
      case ScriptInput::cell_rows:
        return real(g.cells).reshape({-1, 3});
      case ScriptInput::pbc:
        return s.pbc.defined() ? s.pbc : at::zeros({3}, options.dtype(at::kBool));
      case ScriptInput::pbcs:
        return s.pbcs;
      case ScriptInput::edge_index:
        return index(near);
      case ScriptInput::centers:
        return s.center.index_select(0, near);
      case ScriptInput::neighbors:
        return s.neighbor.index_select(0, near);
      case ScriptInput::shifts:
        return real(g.shifts.index_select(0, near));
      case ScriptInput::unit_shifts:
        return real(in_cells(s).index_select(0, near));
      case ScriptInput::vectors:
        return real((g.positions.index_select(0, s.neighbor) + g.shifts -
                     g.positions.index_select(0, s.center))
                        .index_select(0, near));
      case ScriptInput::batch:
        return s.batch;
      case ScriptInput::ptr:
        return s.ptr;
      case ScriptInput::n_atoms:
        return s.ptr.slice(0, 1) - s.ptr.slice(0, 0, s.n_systems);
      case ScriptInput::systems:
        return at::arange(0, s.n_systems, ints);
      case ScriptInput::edge_index_lr:
        return index(far);
      case ScriptInput::shifts_lr:
        return real(g.shifts.index_select(0, far));
      case ScriptInput::zero:
        return at::zeros({s.n_systems}, options.dtype(precision_));
      case ScriptInput::zero_id:
        return at::zeros({s.n_systems}, ints);
      case ScriptInput::unused:
        break;
    }
    return at::zeros({1}, options.dtype(precision_));
  };
  std::vector<c10::IValue> result;
  for (const ScriptInput input : adapter_.inputs) result.push_back(value(input));
  return result;
}

}  // namespace md
