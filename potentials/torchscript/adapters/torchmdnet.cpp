#include "potentials/torchscript/torch_script_adapter.hpp"

// TorchMD-Net: (z, pos, batch, box) -> (y, -dy/dpos), the latter empty where the model was made
// without.

namespace md {
namespace {

bool fits(const ScriptModel& model) {
  const auto arguments = model.arguments();
  return arguments.size() >= 3 && arguments[0].name() == "z" && arguments[1].name() == "pos" &&
         arguments[2].name() == "batch";
}

ScriptAdapter make(const ScriptModel& model, const Input* input) {
  using enum ScriptInput;
  ScriptAdapter adapter;
  if (!fits(model))
    throw InputError(model.path + ": " + model.signature() +
                     " does not fit the adapter torchmdnet, forward(z, pos, batch, box, ...)");
  adapter.inputs = {numbers, positions, batch};
  const auto arguments = model.arguments();
  adapter.periodic = arguments.size() >= 4 && arguments[3].name() == "box";
  if (adapter.periodic) adapter.inputs.push_back(box);
  adapter.in_a_row = adapter.batched = true;
  adapter.output = std::string("0");
  adapter.forces = std::string("1");
  read_units(adapter, input);
  return adapter;
}

const bool registered = script_adapters().add(
    "torchmdnet", {fits, make, {"output", "energy_unit", "length_unit", "forces"}});

}  // namespace
}  // namespace md
