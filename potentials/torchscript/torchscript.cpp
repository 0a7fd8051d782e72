#include <ATen/Parallel.h>

#include <algorithm>
#include <map>

#include "md/input/quantity.hpp"
#include "md/text.hpp"
#include "potentials/support/torch_runtime.hpp"
#include "potentials/torchscript/torch_script_potential.hpp"

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

const std::vector<std::string> generic_keys{"inputs",      "output",  "energy_unit",
                                            "length_unit", "batched", "periodic"};

/// The adapter that the keys of `generic` describe.
///
/// A model takes the tensors of `inputs` in that order. Without batched: numbers int64 [N],
/// positions [N, 3], cell [3, 3] (rows; zero when aperiodic), pbc bool [3], edge_index int64 [2, E]
/// (row 0 the center, row 1 the neighbor, up to `cutoff`), shifts [E, 3] (to be added to the
/// neighbor's position), vectors [E, 3] (from center to neighbor), batch int64 [N]. With batched:
/// numbers [B, N] and positions [B, N, 3] of systems of equal size; a model on edges then gets all
/// atoms in a row and `batch`. It returns the energy: a tensor, which is summed over all but the
/// systems; or a tuple or dictionary with it, see `output`.
ScriptAdapter generic(const Input& input) {
  ScriptAdapter adapter;
  adapter.name = "generic";
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
  adapter.batched = input.flag("potential.batched");
  adapter.periodic = input.flag("potential.periodic");
  adapter.output = input.text("potential.output");
  adapter.energy_unit = parse_quantity("1 " + input.choice("potential.energy_unit"), Kind::energy);
  adapter.length_unit = parse_quantity("1 " + input.choice("potential.length_unit"), Kind::length);
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
  if (edges && adapter.batched && lattice &&
      std::ranges::find(adapter.inputs, ScriptInput::cell) != adapter.inputs.end())
    input.fail("potential.inputs", "cell goes with batched = no: every system has its own");
  return adapter;
}

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const Input& input = options.input;
  const std::string path = input.file("potential.model");
  const at::ScalarType precision = torch_precision(options);
  std::string wanted = input.choice("potential.adapter");
  if (wanted == "auto" && input.has("potential.inputs")) wanted = "generic";
  torch::jit::Module module = load_script(path, options.device);
  if (wanted != "generic")
    for (const std::string& key : generic_keys)  // a resolved input holds the defaults too
      if (input.text("potential." + key) != input.key("potential." + key).initial)
        input.fail("potential." + key, "is a key of adapter = generic");
  const ScriptAdapter adapter =
      wanted == "generic" ? generic(input) : detect_adapter(module, path, wanted);
  if (at::get_num_threads() != options.threads) at::set_num_threads(options.threads);
  return std::make_unique<ScriptPotential>(std::move(module), adapter, path, precision,
                                           options.device, options.strict);
}

const bool supplied = potentials().supply("torchscript", make);

}  // namespace
}  // namespace md
