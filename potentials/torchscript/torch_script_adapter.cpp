#include "potentials/torchscript/torch_script_adapter.hpp"

#include <algorithm>

#include "md/errors.hpp"
#include "md/input/quantity.hpp"
#include "md/text.hpp"
#include "md/units.hpp"
#include "potentials/support/model_file.hpp"
#include "potentials/support/model_info.hpp"

namespace md {
namespace {

/// Those of a key, for messages: "generic, schnetpack".
std::string adapters_with(const std::string& key) {
  std::string names;
  for (const auto& [name, kind] : script_adapters().entries())
    if (std::ranges::find(kind.keys, key) != kind.keys.end())
      names += (names.empty() ? "" : ", ") + name;
  return names;
}

/// A resolved input holds the defaults too: only what differs from them was asked for.
void check_keys(const Input& input, const ScriptAdapterKind& kind) {
  for (const std::string key : {"inputs", "output", "energy_unit", "length_unit", "batched",
                                "periodic", "cutoff", "forces", "types"}) {
    const std::string full = "potential." + key;
    if (std::ranges::find(kind.keys, key) == kind.keys.end() &&
        input.text(full) != input.key(full).initial)
      input.fail(full, "is a key of adapter = " + adapters_with(key));
  }
}

std::string fitting(const ScriptModel& model) {
  for (const auto& [name, kind] : script_adapters().entries())
    if (kind.fits && kind.fits(model)) return name;
  return "";
}

/// Of these the signature alone says what goes in and comes out.
bool fits_by_signature_only(const std::string& name) { return name == "ani" || name == "so3lr"; }

}  // namespace

bool ScriptAdapter::takes(ScriptInput input) const {
  return std::ranges::find(inputs, input) != inputs.end();
}

ScriptAdapters& script_adapters() {
  static ScriptAdapters all("potential.adapter", "adapter");
  return all;
}

ScriptAdapter choose_adapter(const ScriptModel& model, const Input* input) {
  std::string name = input ? input->choice("potential.adapter") : "auto";
  const std::string hint = "; adapter = generic with inputs = ... takes other models";
  if (name == "auto") name = input && input->has("potential.inputs") ? "generic" : fitting(model);
  if (name.empty())
    throw InputError(model.path + ": " + model.signature() + " is none of the known kinds" + hint);
  const ScriptAdapterKind& kind = script_adapters().find(name);
  if (kind.fits && fits_by_signature_only(name) && !kind.fits(model))
    throw InputError(model.path + ": " + model.signature() + " does not fit the adapter " + name +
                     hint);
  if (kind.dictionary && !model.takes_dictionary())
    throw InputError(model.path + ": " + model.signature() + " does not fit the adapter " + name +
                     ", whose models take a dictionary of tensors");
  if (input) check_keys(*input, kind);
  ScriptAdapter adapter = kind.make(model, input);
  adapter.name = name;
  adapter.own_forces = input && input->choice("potential.forces") == "model";
  return adapter;
}

void take_dictionary(ScriptAdapter& adapter,
                     const std::vector<std::pair<std::string, ScriptInput>>& entries,
                     const std::string& energy) {
  for (const auto& [key, value] : entries) {
    adapter.keys.push_back(key);
    adapter.inputs.push_back(value);
  }
  adapter.in_a_row = adapter.batched = adapter.periodic = true;
  adapter.output = energy;
  adapter.forces = "forces";
}

void read_units(ScriptAdapter& adapter, const Input* input) {
  if (!input) return;
  const std::vector<std::string> names = split(input->text("potential.output"), ',');
  if (names.size() > 2)
    input->fail("potential.output", "takes the name of the energy and that of the forces");
  if (!names.empty()) adapter.output = names[0];
  if (names.size() == 2) adapter.forces = names[1];
  adapter.energy_unit = parse_quantity("1 " + input->choice("potential.energy_unit"), Kind::energy);
  adapter.length_unit = parse_quantity("1 " + input->choice("potential.length_unit"), Kind::length);
}

double read_cutoff(const ScriptModel& model, const Input* input, double said, double length_unit) {
  said *= length_unit;
  if (!input || !input->has("potential.cutoff")) {
    if (said > 0 || !input) return said > 0 ? said : 1;
    throw InputError(model.path + ": does not say its cutoff; potential.cutoff must");
  }
  const double given = input->positive("potential.cutoff");
  if (given < said * (1 - 1e-6))
    input->fail_value("potential.cutoff",
                      "is below the cutoff of the model, " + std::to_string(said) + " A");
  return given;
}

ModelInfo script_info(const std::string& path) {
  const ScriptModel model = load_script(path, Device{});
  ModelInfo info;
  info.potential = "torchscript";
  info.description = {{"format", "TorchScript"}, {"signature", model.signature()}};
  const auto add = [&](const std::string& name, const std::string& value) {
    info.description.emplace_back(name, value);
  };
  if (fitting(model).empty()) {
    add("adapter", "generic (potential.inputs must say what forward() takes)");
  } else {
    const ScriptAdapter adapter = choose_adapter(model, nullptr);
    add("adapter", adapter.name);
    add("units",
        std::string(adapter.energy_unit == units::hartree ? "hartree" : "eV") + ", angstrom");
    if (!adapter.elements.empty()) add("elements", describe_elements(adapter.elements));
    add("periodic", adapter.periodic ? "yes" : "no");
  }
  for (const auto& child : model.module.named_children()) {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : child.value.parameters()) count += parameter.numel();
    info.parameters += count;
    if (count > 0) info.modules.emplace_back(child.name, count);
  }
  for (const at::Tensor& parameter : model.module.parameters(false))
    info.parameters += parameter.numel();
  return info;
}

namespace {
const bool registered = (script_reader() = script_info, true);
}  // namespace

}  // namespace md
