#include <algorithm>

#include "md/text.hpp"
#include "potentials/torchscript/torch_script_adapter.hpp"

namespace md {
namespace {

const std::map<std::string, ScriptInput> input_names{{"numbers", ScriptInput::numbers},
                                                     {"positions", ScriptInput::positions},
                                                     {"cell", ScriptInput::cell},
                                                     {"pbc", ScriptInput::pbc},
                                                     {"edge_index", ScriptInput::edge_index},
                                                     {"shifts", ScriptInput::shifts},
                                                     {"vectors", ScriptInput::vectors},
                                                     {"batch", ScriptInput::batch}};

/// A model takes the tensors of `inputs` in that order. Without batched: numbers int64 [N],
/// positions [N, 3], cell [3, 3] (rows; zero when aperiodic), pbc bool [3], edge_index int64 [2, E]
/// (row 0 the center, row 1 the neighbor, up to `cutoff`), shifts [E, 3] (to be added to the
/// neighbor's position), vectors [E, 3] (from center to neighbor), batch int64 [N]. With batched:
/// numbers [B, N] and positions [B, N, 3] of systems of equal size; a model on edges then gets all
/// atoms in a row and `batch`. It returns the energy: a tensor, which is summed over all but the
/// systems; or a tuple or dictionary with it, see `output`.
ScriptAdapter make(const ScriptModel&, const Input* given) {
  const Input& input = *given;
  ScriptAdapter adapter;
  std::vector<std::string> known;
  for (const auto& [name, value] : input_names) known.push_back(name);
  const std::vector<std::string> names = split(input.required("potential.inputs"), ',');
  bool edges = false, lattice = false, batch = false;
  for (const std::string& name : names) {
    const auto it = input_names.find(name);
    if (it == input_names.end())
      input.fail("potential.inputs", "no input is called '" + name + "'; " + choices(name, known));
    adapter.inputs.push_back(it->second);
    edges = edges || name == "edge_index" || name == "shifts" || name == "vectors";
    lattice = lattice || name == "cell" || name == "shifts" || name == "vectors";
    batch = batch || name == "batch";
  }
  adapter.in_a_row = edges;
  adapter.batched = input.flag("potential.batched");
  adapter.periodic = input.flag("potential.periodic");
  if (edges) {
    adapter.cutoff = input.positive("potential.cutoff");
  } else if (input.has("potential.cutoff")) {
    input.fail("potential.cutoff", "is for models that take edge_index, shifts or vectors");
  }
  if (adapter.periodic && !lattice)
    input.fail("potential.periodic",
               "a periodic model must take one of cell, shifts or vectors among its inputs");
  if (batch && !edges)
    input.fail("potential.inputs", "batch is for models that take edge_index, shifts or vectors");
  if (edges && adapter.batched && !batch)
    input.fail("potential.batched", "a batched model on edges must take batch among its inputs");
  if (edges && adapter.batched && lattice && adapter.takes(ScriptInput::cell))
    input.fail("potential.inputs", "cell goes with batched = no: every system has its own");
  read_units(adapter, given);
  return adapter;
}

const bool registered =
    script_adapters().add("generic", {nullptr,
                                      make,
                                      {"inputs", "output", "energy_unit", "length_unit", "batched",
                                       "periodic", "cutoff", "forces"}});

}  // namespace
}  // namespace md
