#include <set>

#include "md/units.hpp"
#include "potentials/torchscript/torch_script_adapter.hpp"

// torchani's signature, (Z, x) -> (Z, E in hartree).

namespace md {
namespace {

bool is_tensor(const c10::TypePtr& type) { return type->kind() == c10::TypeKind::TensorType; }

bool is_pair(const c10::TypePtr& type) {
  const auto tuple = type->cast<c10::TupleType>();
  return tuple && tuple->elements().size() == 2 && is_tensor(tuple->elements()[0]) &&
         is_tensor(tuple->elements()[1]);
}

/// One argument that is a pair of tensors, or two tensors; more with defaults.
bool fits(const ScriptModel& model) {
  const auto arguments = model.arguments();
  std::size_t required = 0;
  for (const c10::Argument& a : arguments)
    if (!a.default_value()) ++required;
  const auto& returns = model.module.get_method("forward").function().getSchema().returns();
  if (model.takes("batch") || returns.size() != 1 || !is_pair(returns[0].type())) return false;
  return (required == 1 && is_pair(arguments[0].type())) ||
         (required == 2 && is_tensor(arguments[0].type()) && is_tensor(arguments[1].type()));
}

ScriptAdapter make(const ScriptModel& model, const Input*) {
  ScriptAdapter adapter;
  adapter.inputs = {ScriptInput::numbers, ScriptInput::positions};
  adapter.tuple_first = is_pair(model.arguments()[0].type());
  adapter.periodic_arguments = model.takes("cell") && model.takes("pbc");
  adapter.periodic = adapter.periodic_arguments;
  adapter.batched = true;
  adapter.returns_numbers = true;
  adapter.output = std::string("1");
  adapter.energy_unit = units::hartree;
  const std::vector<int> numbers = model.atomic_numbers();
  adapter.elements = {numbers.begin(), numbers.end()};
  adapter.types = numbers;  // torchani gives places among these back
  return adapter;
}

const bool registered = script_adapters().add("ani", {fits, make, {}});

}  // namespace
}  // namespace md
