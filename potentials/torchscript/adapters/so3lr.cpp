#include "potentials/torchscript/torch_script_adapter.hpp"

// The sorted entries of a so3krates-torch batch, all of them tensors.

namespace md {
namespace {

constexpr double longest_periodic = 30;  // A: neighbor lists of a dense system still fit

bool fits(const ScriptModel& model) {
  const auto arguments = model.arguments();
  if (arguments.size() != 31) return false;
  for (const c10::Argument& a : arguments)
    if (a.type()->kind() != c10::TypeKind::TensorType) return false;
  return true;
}

/// Inputs in the order in which so3krates-torch 0.2.1 sorts the entries of a batch; see
/// scripts/export_so3lr.py. The trace takes one system at a time. A file that does not say its
/// long-range cutoff has one that is meant to reach every pair of a molecule.
ScriptAdapter make(const ScriptModel& model, const Input*) {
  using enum ScriptInput;
  ScriptAdapter adapter;
  adapter.in_a_row = true;
  adapter.inputs.assign(31, unused);
  adapter.inputs[0] = numbers;
  adapter.inputs[1] = batch;
  adapter.inputs[7] = edge_index;
  adapter.inputs[8] = edge_index_lr;
  adapter.inputs[17] = one_hot;
  adapter.inputs[18] = positions;
  adapter.inputs[19] = ptr;
  adapter.inputs[20] = shifts;
  adapter.inputs[21] = shifts_lr;
  adapter.inputs[24] = zero;
  adapter.inputs[25] = zero;
  adapter.cutoff = 4.5;
  adapter.cutoff_lr = 100;
  if (const double said = model.number("long_range_cutoff"); said > 0) {
    adapter.cutoff_lr = said;
    adapter.periodic = said <= longest_periodic;
  }
  adapter.elements = {1, 6, 7, 8, 9, 15, 16, 17};
  return adapter;
}

const bool registered = script_adapters().add("so3lr", {fits, make, {}});

}  // namespace
}  // namespace md
