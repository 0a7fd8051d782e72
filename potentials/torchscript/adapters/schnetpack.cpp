#include "potentials/torchscript/torch_script_adapter.hpp"

// SchNetPack 2: a dictionary of tensors whose names begin with an underscore; energies and forces
// in the units of the data it was trained on.

namespace md {
namespace {

/// The longest cutoff that the parts of the model hold.
double cutoff_of(const ScriptModel& model) {
  double cutoff = 0;
  for (const auto& buffer : model.module.named_buffers(true))
    if (buffer.name.ends_with("cutoff_fn.cutoff") && buffer.value.numel() == 1)
      cutoff = std::max(cutoff, buffer.value.item<double>());
  return cutoff;
}

bool fits(const ScriptModel& model) {
  return model.takes_dictionary() && model.module.hasattr("representation") &&
         model.module.hasattr("output_modules");
}

ScriptAdapter make(const ScriptModel& model, const Input* input) {
  using enum ScriptInput;
  ScriptAdapter adapter;
  take_dictionary(adapter,
                  {{"_idx", systems},
                   {"_n_atoms", n_atoms},
                   {"_atomic_numbers", numbers},
                   {"_positions", positions},
                   {"_cell", cells},
                   {"_pbc", pbcs},
                   {"_idx_m", batch},
                   {"_idx_i", centers},
                   {"_idx_j", neighbors},
                   {"_offsets", shifts},
                   {"_Rij", vectors}},
                  "energy");
  read_units(adapter, input);
  adapter.cutoff = read_cutoff(model, input, cutoff_of(model), adapter.length_unit);
  return adapter;
}

const bool registered = script_adapters().add(
    "schnetpack", {fits, make, {"output", "energy_unit", "length_unit", "cutoff", "forces"}, true});

}  // namespace
}  // namespace md
