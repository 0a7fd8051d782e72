#include "potentials/torchscript/torch_script_answer.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>

#include "md/errors.hpp"
#include "potentials/support/safetensors.hpp"
#include "potentials/torchscript/torch_script_systems.hpp"

namespace md {
namespace {

std::string shape_of(const at::Tensor& tensor) { return describe_shape(tensor.sizes().vec()); }

bool is_index(const std::string& text) {
  return !text.empty() && text.size() < 4 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

/// An element of a tuple or a dictionary: the one of that name, else at that place, of that key.
c10::IValue pick(const c10::IValue& answer, const std::string& name, std::size_t place,
                 const std::string& key) {
  if (answer.isTuple()) {
    const auto& elements = answer.toTupleRef().elements();
    if (!name.empty() && !is_index(name))
      throw InputError(
          "it returns a tuple, of which potential.output must name elements by "
          "number, 0 or 1, not '" +
          name + "'");
    const std::size_t k = name.empty() ? place : std::stoul(name);
    if (k >= elements.size())
      throw InputError("it returns a tuple of " + std::to_string(elements.size()) +
                       ", without an element " + std::to_string(k));
    return elements[k];
  }
  if (answer.isGenericDict()) {
    const auto dictionary = answer.toGenericDict();
    const std::string wanted = name.empty() ? key : name;
    if (!dictionary.contains(wanted))
      throw InputError("it returns a dictionary without '" + wanted + "'");
    return dictionary.at(wanted);
  }
  return answer;
}

/// Whether these are the numbers as they went in, or each one's place among the model's types.
bool gives_back(const c10::IValue& value, const at::Tensor& numbers,
                const std::vector<int>& types) {
  if (!value.isTensor() || !at::isIntegralType(value.toTensor().scalar_type(), false)) return false;
  const at::Tensor given = value.toTensor().to(numbers.scalar_type());
  return given.sizes() == numbers.sizes() &&
         (at::equal(given, numbers) ||
          (!types.empty() && at::equal(given, places_of(numbers, types))));
}

/// torchani's meaning of (Z, E): the numbers, and one energy for each system.
void check_pair(const c10::IValue& answer, const ScriptAdapter& adapter, const at::Tensor& numbers,
                std::int64_t n_systems) {
  const std::string hint =
      "; adapter = generic with potential.output = 0 or 1 takes a model that returns others";
  if (!answer.isTuple() || answer.toTupleRef().elements().size() != 2)
    throw InputError("it does not return a pair" + hint);
  const auto& pair = answer.toTupleRef().elements();
  const c10::IValue first = pair[0], second = pair[1];
  if (!gives_back(first, numbers, adapter.types))
    throw InputError("it does not give the atomic numbers back in front of the energies" + hint);
  if (!second.isTensor() || second.toTensor().numel() != n_systems)
    throw InputError("it does not return one energy for each system" + hint);
}

}  // namespace

at::Tensor energies_from(const c10::IValue& answer, const ScriptAdapter& adapter,
                         const at::Tensor& numbers, const at::Tensor& positions,
                         std::int64_t n_systems) {
  if (adapter.returns_numbers) check_pair(answer, adapter, numbers, n_systems);
  const std::size_t last =
      answer.isTuple() && !adapter.own_forces ? answer.toTupleRef().elements().size() - 1 : 0;
  const c10::IValue value = pick(answer, adapter.output, last, "energy");
  if (!value.isTensor() || !value.toTensor().is_floating_point())
    throw InputError("it must return energies as a tensor, not " + value.tagKind());
  const at::Tensor energies = value.toTensor().to(at::kDouble) * adapter.energy_unit;
  if (energies.dim() >= 2 && energies.size(-1) == 3 && energies.numel() == positions.numel())
    throw InputError("what it returns as energy is shaped like positions, " + shape_of(energies) +
                     "; potential.output must say which output is the energy");
  if (!adapter.batched) return energies.sum().view({1});
  if (energies.dim() == 0 || energies.size(0) != n_systems)
    throw InputError("it must return one energy for each of " + std::to_string(n_systems) +
                     " systems, not a tensor " + shape_of(energies));
  return energies.reshape({n_systems, -1}).sum(1);
}

at::Tensor forces_from(const c10::IValue& answer, const ScriptAdapter& adapter,
                       const at::Tensor& positions) {
  if (!answer.isTuple() && !answer.isGenericDict())
    throw InputError("it returns one tensor, without forces; potential.forces = gradient takes it");
  const c10::IValue value = pick(answer, adapter.forces, 1, "forces");
  if (!value.isTensor() || !value.toTensor().is_floating_point() ||
      value.toTensor().numel() != positions.numel() || value.toTensor().size(-1) != 3)
    throw InputError(
        "its forces are " +
        (value.isTensor() ? "a tensor " + shape_of(value.toTensor()) : value.tagKind()) +
        ", not shaped like positions, " + shape_of(positions) +
        "; potential.output = ENERGY, FORCES says which outputs are which");
  return value.toTensor().detach().to(at::kDouble).reshape(positions.sizes()) *
         (adapter.energy_unit / adapter.length_unit);
}

}  // namespace md
