#include "potentials/torchscript/torch_script_call.hpp"

#include <ATen/ops/bmm.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "md/errors.hpp"
#include "potentials/support/torch_runtime.hpp"
#include "potentials/torchscript/torch_script_answer.hpp"

namespace md {
namespace {

/// Module::to(type) would turn tables of integers into floating numbers as well.
void convert(const torch::jit::Module& module, at::ScalarType precision) {
  const auto change = [&](at::Tensor tensor) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(precision));
  };
  for (const at::Tensor& parameter : module.parameters()) change(parameter);
  for (const at::Tensor& buffer : module.buffers()) change(buffer);
}

/// x + x strain, with the strain of each row's system.
at::Tensor strained(const at::Tensor& x, const at::Tensor& strain, const at::Tensor& system) {
  return x + at::bmm(x.unsqueeze(1), strain.index_select(0, system)).squeeze(1);
}

const std::string detached =
    "its energy does not depend on the positions it is given (a detached graph, or one that the "
    "model used up for forces of its own)";

}  // namespace

ScriptCall::ScriptCall(ScriptModel model, ScriptAdapter adapter, at::ScalarType precision,
                       const at::Device& device)
    : model_(std::move(model)), adapter_(std::move(adapter)), precision_(precision) {
  convert(model_.module, precision);
  probe(device);
}

void ScriptCall::probe(const at::Device& device) {
  const std::string fit = "the adapter " + adapter_.name + ": ";
  const auto fail = [&](const std::string& what) {
    throw InputError(model_.path + ": cannot be evaluated " +
                     (precision_ == at::kDouble ? "in float64 " : "") + "with " + fit +
                     torch_message(what));
  };
  try {
    const ScriptSystems systems = trial_systems(adapter_, device);
    const ScriptAnswer answer = evaluate(systems, false);
    if (!answer.energies.isfinite().all().item<bool>())
      throw InputError("the energy of a pair of atoms is not a number");
    if (adapter_.own_forces) return;
    ScriptSystems moved = systems;
    moved.positions = systems.positions * 1.1;
    if (systems.vector.defined()) moved.vector = systems.vector * 1.1;
    const bool flat = answer.forces.eq(0).all().item<bool>();
    if (flat && !evaluate(moved, false).energies.equal(answer.energies)) throw InputError(detached);
  } catch (const c10::Error& error) {
    fail(error.what_without_backtrace());
  } catch (const InputError& error) {
    throw InputError(model_.path + ": does not fit " + fit + error.what());
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

ScriptCall::Geometry ScriptCall::prepare(const ScriptSystems& s, bool virial) const {
  Geometry g;
  g.leaf = s.positions.detach().clone().requires_grad_();
  g.positions = g.leaf;
  g.cell = s.cell;
  g.cells = s.cells;
  if (s.vector.defined())
    g.shifts = s.vector -
               (s.positions.index_select(0, s.neighbor) - s.positions.index_select(0, s.center));
  if (virial) {
    g.strain = at::zeros({s.n_systems, 3, 3}, s.positions.options()).requires_grad_();
    if (s.batch.defined()) {
      g.positions = strained(g.leaf, g.strain, s.batch);
      if (g.shifts.defined())
        g.shifts = strained(g.shifts, g.strain, s.batch.index_select(0, s.center));
    } else {
      g.positions = g.leaf + at::matmul(g.leaf, g.leaf.dim() == 3 ? g.strain : g.strain[0]);
    }
    if (g.cell.defined()) g.cell = g.cell + at::matmul(g.cell, g.strain[0]);
    if (g.cells.defined()) g.cells = g.cells + at::bmm(g.cells, g.strain);
  }
  if (g.cell.defined() && !s.vector.defined()) {
    // Into the cell: some models look one cell far only.
    const at::Tensor images =
        (at::floor(at::matmul(s.positions, at::linalg_inv(s.cell))) * s.pbc).to(at::kDouble);
    g.positions = g.positions - at::matmul(images, g.cell);
  }
  for (at::Tensor* x : {&g.positions, &g.cell, &g.cells, &g.shifts})
    if (x->defined()) *x = *x / adapter_.length_unit;
  return g;
}

c10::IValue ScriptCall::answer(const ScriptSystems& s, const Geometry& g) {
  std::vector<c10::IValue> inputs = values(s, g);
  torch::jit::Kwargs named;
  for (const auto& [name, value] : adapter_.flags) named[name] = value;
  if (adapter_.periodic_arguments && g.cell.defined()) {
    named["cell"] = g.cell.to(precision_);
    named["pbc"] = s.pbc;
  }
  if (!adapter_.keys.empty()) {
    c10::Dict<std::string, at::Tensor> dictionary;
    for (std::size_t k = 0; k < inputs.size(); ++k)
      dictionary.insert(adapter_.keys[k], inputs[k].toTensor());
    inputs = {dictionary};
  } else if (adapter_.tuple_first) {
    inputs[1] = c10::ivalue::Tuple::create({inputs[0], inputs[1]});
    inputs.erase(inputs.begin());
  }
  return model_.module.get_method("forward")(std::move(inputs), named);
}

ScriptAnswer ScriptCall::evaluate(const ScriptSystems& s, bool virial) {
  const Geometry g = prepare(s, virial);
  const c10::IValue returned = answer(s, g);
  const at::Tensor energies =
      energies_from(returned, adapter_, s.numbers, s.positions, s.n_systems);
  if (adapter_.own_forces)
    return {energies.detach(), forces_from(returned, adapter_, s.positions), at::Tensor()};
  const std::string hint = adapter_.forces.empty() && adapter_.name != "generic"
                               ? ""
                               : "; potential.forces = model takes the forces that a model gives";
  if (!energies.requires_grad()) throw InputError(detached + hint);
  torch::autograd::variable_list by{g.leaf};
  if (virial) by.push_back(g.strain);
  torch::autograd::variable_list gradients;
  try {
    gradients = torch::autograd::grad({energies.sum()}, by, {}, false, false, true);
  } catch (const std::exception& error) {
    if (std::string(error.what()).find("backward through the graph a second time") ==
        std::string::npos)
      throw;
    throw InputError(detached + hint);
  }
  if (!gradients[0].defined()) throw InputError(detached + hint);
  if (!virial) return {energies.detach(), -gradients[0], at::Tensor()};
  return {energies.detach(), -gradients[0],
          gradients[1].defined() ? -gradients[1] : at::zeros_like(g.strain)};
}

}  // namespace md
