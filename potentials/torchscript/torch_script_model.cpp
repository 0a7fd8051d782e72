#include "potentials/torchscript/torch_script_model.hpp"

#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <fstream>

#include "md/errors.hpp"
#include "md/units.hpp"
#include "potentials/support/model_file.hpp"
#include "potentials/support/model_info.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md {
namespace {

using torch::jit::Module;

constexpr double longest_periodic = 30;  // A: neighbor lists of a dense system still fit

/// Arguments of forward() after self.
std::vector<c10::Argument> arguments_of(const Module& module) {
  const auto& all = module.get_method("forward").function().getSchema().arguments();
  return {all.begin() + 1, all.end()};
}

bool is_tensor(const c10::TypePtr& type) { return type->kind() == c10::TypeKind::TensorType; }

bool is_pair(const c10::TypePtr& type) {
  const auto tuple = type->cast<c10::TupleType>();
  return tuple && tuple->elements().size() == 2 && is_tensor(tuple->elements()[0]) &&
         is_tensor(tuple->elements()[1]);
}

/// (Z, x) -> (Z, E): one argument that is a pair of tensors, or two tensors; more with defaults.
bool looks_like_ani(const Module& module) {
  const auto arguments = arguments_of(module);
  std::size_t required = 0;
  for (const c10::Argument& a : arguments)
    if (!a.default_value()) ++required;
  const auto& returns = module.get_method("forward").function().getSchema().returns();
  if (returns.size() != 1 || !is_pair(returns[0].type())) return false;
  return (required == 1 && is_pair(arguments[0].type())) ||
         (required == 2 && is_tensor(arguments[0].type()) && is_tensor(arguments[1].type()));
}

/// The sorted entries of a so3krates-torch batch, all of them tensors.
bool looks_like_so3lr(const Module& module) {
  const auto arguments = arguments_of(module);
  if (arguments.size() != 31) return false;
  for (const c10::Argument& a : arguments)
    if (!is_tensor(a.type())) return false;
  return true;
}

/// Atomic numbers from the buffer of that name, as torchani has it.
std::set<int> elements_in(const Module& module) {
  std::set<int> elements;
  if (!module.hasattr("atomic_numbers")) return elements;
  const c10::IValue value = module.attr("atomic_numbers");
  if (!value.isTensor() || !at::isIntegralType(value.toTensor().scalar_type(), false)) return {};
  const at::Tensor numbers = value.toTensor().to(at::kCPU, at::kLong).flatten().contiguous();
  for (std::int64_t k = 0; k < numbers.numel(); ++k)
    elements.insert(static_cast<int>(numbers.const_data_ptr<std::int64_t>()[k]));
  return elements;
}

ScriptAdapter ani(const Module& module) {
  ScriptAdapter adapter;
  adapter.name = "ani";
  adapter.inputs = {ScriptInput::numbers, ScriptInput::positions};
  const auto arguments = arguments_of(module);
  adapter.tuple_first = is_pair(arguments[0].type());
  std::set<std::string> names;
  for (const c10::Argument& a : arguments) names.insert(a.name());
  adapter.periodic_arguments = names.contains("cell") && names.contains("pbc");
  adapter.periodic = adapter.periodic_arguments;
  adapter.batched = true;
  adapter.output = "1";
  adapter.energy_unit = units::hartree;
  adapter.elements = elements_in(module);
  return adapter;
}

/// The adapter of SO3LR: inputs in the order in which so3krates-torch 0.2.1 sorts the entries of a
/// batch; see scripts/export_so3lr.py. The trace takes one system at a time. A file that does not
/// say its long-range cutoff has one that is meant to reach every pair of a molecule.
ScriptAdapter so3lr(const Module& module) {
  using enum ScriptInput;
  ScriptAdapter adapter;
  adapter.name = "so3lr";
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
  if (module.hasattr("long_range_cutoff") && module.attr("long_range_cutoff").isTensor()) {
    adapter.cutoff_lr = module.attr("long_range_cutoff").toTensor().item<double>();
    adapter.periodic = adapter.cutoff_lr <= longest_periodic;
  }
  adapter.elements = {1, 6, 7, 8, 9, 15, 16, 17};
  return adapter;
}

}  // namespace

Module load_script(const std::string& path, const Device& device) {
  std::ifstream in(path, std::ios::binary);
  char magic[2] = {};
  if (!in) throw InputError(path + ": cannot be opened; a TorchScript file is wanted");
  in.read(magic, 2);
  if (magic[0] != 'P' || magic[1] != 'K')
    throw InputError(path + ": is not a TorchScript file (torch.jit.save makes one)");
  // The specialising executor would spend seconds on every new shape.
  torch::jit::getProfilingMode() = false;
  torch::jit::setGraphExecutorOptimize(false);
  try {
    Module module = torch::jit::load(path, torch_device(device));
    module.eval();
    for (at::Tensor parameter : module.parameters()) parameter.requires_grad_(false);
    if (!module.find_method("forward")) throw InputError(path + ": has no method forward()");
    return module;
  } catch (const c10::Error& error) {
    throw InputError(path + ": is not a TorchScript file that can be read: " +
                     torch_message(error.what_without_backtrace()));
  }
}

std::string signature_of(const Module& module) {
  std::string text = "forward(";
  const auto arguments = arguments_of(module);
  for (std::size_t k = 0; k < arguments.size(); ++k)
    text += (k ? ", " : "") + arguments[k].type()->repr_str() + " " + arguments[k].name();
  const auto& returns = module.get_method("forward").function().getSchema().returns();
  return text + ") -> " + (returns.empty() ? "None" : returns[0].type()->repr_str());
}

ScriptAdapter detect_adapter(const Module& module, const std::string& path,
                             const std::string& wanted) {
  const bool is_ani = looks_like_ani(module), is_so3lr = looks_like_so3lr(module);
  if (is_ani && wanted != "so3lr") return ani(module);
  if (is_so3lr && wanted != "ani") return so3lr(module);
  const std::string hint = "; adapter = generic with inputs = ... takes other models";
  if (wanted == "auto")
    throw InputError(path + ": " + signature_of(module) + " is none of the known kinds" + hint);
  throw InputError(path + ": " + signature_of(module) + " does not fit the adapter " + wanted +
                   hint);
}

ModelInfo script_info(const std::string& path) {
  const Module module = load_script(path, Device{});
  ModelInfo info;
  info.potential = "torchscript";
  info.description = {{"format", "TorchScript"}, {"signature", signature_of(module)}};
  const auto add = [&](const std::string& name, const std::string& value) {
    info.description.emplace_back(name, value);
  };
  try {
    const ScriptAdapter adapter = detect_adapter(module, path, "auto");
    add("adapter", adapter.name);
    add("units", std::string(adapter.name == "ani" ? "hartree" : "eV") + ", angstrom");
    if (!adapter.elements.empty()) add("elements", describe_elements(adapter.elements));
    add("periodic", adapter.periodic ? "yes" : "no");
  } catch (const InputError&) {
    add("adapter", "generic (potential.inputs must say what forward() takes)");
  }
  for (const auto& child : module.named_children()) {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : child.value.parameters()) count += parameter.numel();
    info.parameters += count;
    if (count > 0) info.modules.emplace_back(child.name, count);
  }
  for (const at::Tensor& parameter : module.parameters(false)) info.parameters += parameter.numel();
  return info;
}

namespace {
const bool registered = (script_reader() = script_info, true);
}  // namespace

}  // namespace md
