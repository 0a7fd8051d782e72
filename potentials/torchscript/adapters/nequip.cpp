#include <sstream>

#include "md/structure.hpp"
#include "md/text.hpp"
#include "potentials/torchscript/torch_script_adapter.hpp"

// NequIP and Allegro: a dictionary of tensors; cutoff and elements stand in the file of a deployed
// model as r_max and type_names.

namespace md {
namespace {

std::string metadata(const ScriptModel& model, const std::string& name) {
  const auto it = model.metadata.find(name);
  return it == model.metadata.end() ? "" : it->second;
}

bool fits(const ScriptModel& model) {
  return model.takes_dictionary() && !metadata(model, "type_names").empty();
}

std::vector<int> types_of(const ScriptModel& model, const Input* input) {
  std::string names = metadata(model, "type_names"), where = model.path + ": type_names";
  if (input && input->has("potential.types")) {
    names = input->text("potential.types");
    where = "potential.types";
  }
  for (char& c : names)
    if (c == ',') c = ' ';
  std::vector<int> types;
  std::istringstream words(names);
  for (std::string word; words >> word;) {
    types.push_back(atomic_number(word));
    if (types.back() == 0) throw InputError(where + ": '" + word + "' is no element");
  }
  if (types.empty() && input)
    throw InputError(model.path +
                     ": says no type_names; potential.types must list its elements, H, C, ...");
  return types;
}

ScriptAdapter make(const ScriptModel& model, const Input* input) {
  using enum ScriptInput;
  ScriptAdapter adapter;
  take_dictionary(adapter,
                  {{"pos", positions},
                   {"edge_index", edge_index},
                   {"edge_cell_shift", unit_shifts},
                   {"cell", cells},
                   {"pbc", pbcs},
                   {"atom_types", types},
                   {"batch", batch},
                   {"ptr", ptr},
                   {"num_atoms", n_atoms},
                   {"atomic_numbers", numbers}},
                  "total_energy");
  read_units(adapter, input);
  const std::string said = metadata(model, "r_max");
  adapter.cutoff = read_cutoff(model, input, said.empty() ? 0 : std::strtod(said.c_str(), nullptr),
                               adapter.length_unit);
  adapter.types = types_of(model, input);
  adapter.elements = {adapter.types.begin(), adapter.types.end()};
  return adapter;
}

const bool registered = script_adapters().add(
    "nequip",
    {fits, make, {"output", "energy_unit", "length_unit", "cutoff", "forces", "types"}, true});

}  // namespace
}  // namespace md
