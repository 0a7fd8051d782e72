#include "potentials/torchscript/torch_script_adapter.hpp"

// MACE: a dictionary of tensors; the model holds r_max and atomic_numbers.

namespace md {
namespace {

bool fits(const ScriptModel& model) {
  return model.takes_dictionary() && model.number("r_max") > 0 && !model.atomic_numbers().empty();
}

ScriptAdapter make(const ScriptModel& model, const Input* input) {
  using enum ScriptInput;
  ScriptAdapter adapter;
  take_dictionary(adapter,
                  {{"positions", positions},
                   {"node_attrs", one_hot},
                   {"edge_index", edge_index},
                   {"shifts", shifts},
                   {"unit_shifts", unit_shifts},
                   {"cell", cell_rows},
                   {"batch", batch},
                   {"ptr", ptr},
                   {"head", zero_id},
                   {"pbc", pbcs}},
                  "energy");
  read_units(adapter, input);
  adapter.cutoff = read_cutoff(model, input, model.number("r_max"), adapter.length_unit);
  adapter.types = model.atomic_numbers();
  if (adapter.types.empty())
    throw InputError(model.path + ": does not fit the adapter mace: it has no atomic_numbers");
  adapter.elements = {adapter.types.begin(), adapter.types.end()};
  // Its forces use up what the gradient of its energy is made from.
  if (model.takes("compute_force"))
    adapter.flags = {{"compute_force", input && input->choice("potential.forces") == "model"}};
  return adapter;
}

const bool registered = script_adapters().add(
    "mace", {fits, make, {"output", "energy_unit", "length_unit", "cutoff", "forces"}, true});

}  // namespace
}  // namespace md
