#include "potentials/torchscript/torch_script_potential.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>

#include "md/cell.hpp"
#include "md/errors.hpp"
#include "potentials/support/safetensors.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md {
namespace {

// Dense models may look at all pairs: so many of them in one call.
constexpr std::int64_t pairs_per_call = 4'000'000;

template <class T>
std::vector<T> to_host(const Device& device, const T* data, int n) {
  std::vector<T> host(n);
  copy_to_host(device, host.data(), data, n * sizeof(T));
  return host;
}

/// Module::to(type) would turn tables of integers into floating numbers as well.
void convert(const torch::jit::Module& module, at::ScalarType precision) {
  const auto change = [&](at::Tensor tensor) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(precision));
  };
  for (const at::Tensor& parameter : module.parameters()) change(parameter);
  for (const at::Tensor& buffer : module.buffers()) change(buffer);
}

}  // namespace

ScriptPotential::ScriptPotential(torch::jit::Module module, ScriptAdapter adapter, std::string path,
                                 at::ScalarType precision, const Device& device, bool strict)
    : module_(std::move(module)),
      adapter_(std::move(adapter)),
      path_(std::move(path)),
      precision_(precision),
      device_(device),
      strict_(strict),
      edges_(device) {
  convert(module_, precision);
  traits_.cutoff = std::max(adapter_.cutoff, adapter_.cutoff_lr);
  traits_.periodic = adapter_.periodic;
  traits_.virial = adapter_.periodic;
  const auto takes = [&](ScriptInput input) {
    return std::find(adapter_.inputs.begin(), adapter_.inputs.end(), input) !=
           adapter_.inputs.end();
  };
  traits_.partly_periodic =
      adapter_.on_edges() || !takes(ScriptInput::cell) || takes(ScriptInput::pbc);
  traits_.elements = adapter_.elements;
  traits_.force_noise = precision == at::kDouble ? 1e-9 : 1e-3;
  // The model itself adds the energies of its atoms, -1000 eV each and more, in its own precision.
  if (precision != at::kDouble) traits_.energy_rounding = 1.2e-7;
#ifndef MD_TORCH_CUDA
  traits_.on_gpu = false;
#endif
  probe();
}

/// Two atoms of an element that it knows: finds out whether the model takes what the adapter gives
/// and answers with an energy that can be differentiated.
void ScriptPotential::probe() {
  const int z = adapter_.elements.empty() ? 1 : *adapter_.elements.begin();
  const auto ints = at::TensorOptions().dtype(at::kLong).device(torch_device(device_));
  ScriptSystems systems;
  systems.n_systems = 1;
  systems.numbers = at::full({1, 2}, z, ints);
  systems.positions = at::zeros({1, 2, 3}, ints.dtype(at::kDouble));
  systems.positions.select(1, 1).fill_(0.6);
  if (adapter_.on_edges()) {
    systems.numbers = systems.numbers.squeeze(0);
    systems.positions = systems.positions.squeeze(0);
    systems.batch = at::zeros({2}, ints);
    systems.ptr = at::arange(0, 4, 2, ints);
    systems.center = at::arange(0, 2, ints);
    systems.neighbor = 1 - systems.center;
    systems.vector = systems.positions.flip(0) - systems.positions;
  } else if (!adapter_.batched) {
    systems.numbers = systems.numbers.squeeze(0);
    systems.positions = systems.positions.squeeze(0);
  }
  const std::string what = precision_ == at::kDouble ? "in float64 " : "";
  try {
    const ScriptAnswer answer = evaluate(systems, false);
    if (!answer.energies.isfinite().all().item<bool>())
      throw InputError("the energy of a pair of atoms is not a number");
  } catch (const c10::Error& error) {
    throw InputError(path_ + ": cannot be evaluated " + what + "with the adapter " + adapter_.name +
                     ": " + torch_message(error.what_without_backtrace()));
  } catch (const InputError& error) {
    throw InputError(path_ + ": does not fit the adapter " + adapter_.name + ": " + error.what());
  } catch (const std::exception& error) {
    throw InputError(path_ + ": cannot be evaluated " + what + "with the adapter " + adapter_.name +
                     ": " + torch_message(error.what()));
  }
}

std::vector<c10::IValue> ScriptPotential::arguments(const ScriptSystems& s,
                                                    const at::Tensor& positions,
                                                    const at::Tensor& cell,
                                                    const at::Tensor& shifts) const {
  const auto real = [&](const at::Tensor& x) { return x.to(precision_); };
  const at::TensorOptions options = s.positions.options();
  at::Tensor near, far;  // edges of both kinds
  if (adapter_.on_edges()) {
    const at::Tensor square = s.vector.square().sum(1);
    const auto within = [&](double cutoff) {
      return square.ge(cutoff * cutoff).logical_not().nonzero().squeeze(1);
    };
    near = within(adapter_.cutoff);
    if (adapter_.cutoff_lr > 0) far = within(adapter_.cutoff_lr);
  }
  const auto index = [&](const at::Tensor& kept) {
    return at::stack({s.center.index_select(0, kept), s.neighbor.index_select(0, kept)});
  };
  const auto value = [&](ScriptInput input) -> at::Tensor {
    switch (input) {
      case ScriptInput::numbers:
        return s.numbers;
      case ScriptInput::positions:
        return real(positions);
      case ScriptInput::cell:
        return real(cell.defined() ? cell : at::zeros({3, 3}, options));
      case ScriptInput::pbc:
        return s.pbc.defined() ? s.pbc : at::zeros({3}, options.dtype(at::kBool));
      case ScriptInput::edge_index:
        return index(near);
      case ScriptInput::shifts:
        return real(shifts.index_select(0, near));
      case ScriptInput::vectors:
        return real(
            (positions.index_select(0, s.neighbor) + shifts - positions.index_select(0, s.center))
                .index_select(0, near));
      case ScriptInput::batch:
        return s.batch;
      case ScriptInput::ptr:
        return s.ptr;
      case ScriptInput::one_hot:
        return at::zeros({s.numbers.size(0), 118}, options.dtype(precision_))
            .scatter_(1, (s.numbers - 1).unsqueeze(1), 1);
      case ScriptInput::edge_index_lr:
        return index(far);
      case ScriptInput::shifts_lr:
        return real(shifts.index_select(0, far));
      case ScriptInput::zero:
        return at::zeros({s.n_systems}, options.dtype(precision_));
      case ScriptInput::unused:
        break;
    }
    return at::zeros({1}, options.dtype(precision_));
  };
  std::vector<c10::IValue> result;
  for (const ScriptInput input : adapter_.inputs) result.emplace_back(value(input));
  if (adapter_.tuple_first) {
    result[1] = c10::ivalue::Tuple::create({result[0], result[1]});
    result.erase(result.begin());
  }
  return result;
}

at::Tensor ScriptPotential::energies_from(const c10::IValue& answer, std::int64_t n_systems) const {
  c10::IValue value = answer;
  const std::string& wanted = adapter_.output;
  if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    std::size_t k = elements.size() - 1;
    if (!wanted.empty() && wanted.find_first_not_of("0123456789") == std::string::npos)
      k = std::stoul(wanted);
    if (k >= elements.size())
      throw InputError("it returns a tuple of " + std::to_string(elements.size()) +
                       ", without an element " + wanted);
    value = elements[k];
  } else if (value.isGenericDict()) {
    const auto dictionary = value.toGenericDict();
    const std::string key = wanted.empty() ? "energy" : wanted;
    if (!dictionary.contains(key))
      throw InputError("it returns a dictionary without '" + key + "'");
    value = dictionary.at(key);
  }
  if (!value.isTensor() || !value.toTensor().is_floating_point())
    throw InputError("it must return energies as a tensor, not " + value.tagKind());
  const at::Tensor energies = value.toTensor().to(at::kDouble) * adapter_.energy_unit;
  if (!adapter_.batched) return energies.sum().view({1});
  if (energies.dim() == 0 || energies.size(0) != n_systems)
    throw InputError("it must return one energy for each of " + std::to_string(n_systems) +
                     " systems, not a tensor " + describe_shape(energies.sizes().vec()));
  return energies.reshape({n_systems, -1}).sum(1);
}

ScriptAnswer ScriptPotential::evaluate(const ScriptSystems& s, bool virial) {
  const double length = adapter_.length_unit;
  const at::Tensor leaf = s.positions.detach().clone().requires_grad_();
  at::Tensor strain, positions = leaf, cell = s.cell, shifts;
  if (s.vector.defined())
    shifts = s.vector -
             (s.positions.index_select(0, s.neighbor) - s.positions.index_select(0, s.center));
  if (virial) {
    strain = at::zeros({s.n_systems, 3, 3}, s.positions.options()).requires_grad_();
    if (s.batch.defined()) {
      const auto strained = [&](const at::Tensor& x, const at::Tensor& system) {
        return x + at::bmm(x.unsqueeze(1), strain.index_select(0, system)).squeeze(1);
      };
      positions = strained(leaf, s.batch);
      shifts = strained(shifts, s.batch.index_select(0, s.center));
    } else {
      positions = leaf + at::matmul(leaf, leaf.dim() == 3 ? strain : strain[0]);
    }
    if (cell.defined()) cell = cell + at::matmul(cell, strain[0]);
  }
  if (cell.defined() && !s.vector.defined()) {
    // Into the cell: some models look one cell far only.
    const at::Tensor images =
        (at::floor(at::matmul(s.positions, at::linalg_inv(s.cell))) * s.pbc).to(at::kDouble);
    positions = positions - at::matmul(images, cell);
  }
  const auto scaled = [&](const at::Tensor& x) { return x.defined() ? x / length : x; };
  std::vector<c10::IValue> inputs = arguments(s, scaled(positions), scaled(cell), scaled(shifts));
  torch::jit::Kwargs named;
  if (adapter_.periodic_arguments && cell.defined())
    named = {{"cell", scaled(cell).to(precision_)}, {"pbc", s.pbc}};
  const at::Tensor energies =
      energies_from(module_.get_method("forward")(std::move(inputs), named), s.n_systems);
  if (!energies.requires_grad())
    throw InputError("its energy cannot be differentiated by the positions");
  torch::autograd::variable_list by{leaf};
  if (virial) by.push_back(strain);
  const auto gradients = torch::autograd::grad({energies.sum()}, by, {}, false, false, true);
  const auto negative = [](const at::Tensor& g, const at::Tensor& like) {
    return g.defined() ? -g : at::zeros_like(like);
  };
  return {energies.detach(), negative(gradients[0], leaf),
          virial ? negative(gradients[1], strain) : at::Tensor()};
}

/// Replicas that go through the model together: of equal size where it wants that.
std::vector<std::vector<int>> ScriptPotential::calls(
    const std::vector<int>& first_atom, const std::vector<Periodicity>& periodic) const {
  std::vector<std::vector<int>> result;
  std::map<std::int64_t, std::vector<int>> open;  // by number of atoms
  for (int r = 0; r < static_cast<int>(periodic.size()); ++r) {
    if (strict_ || !adapter_.batched || (periodic[r].any() && !adapter_.on_edges())) {
      result.push_back({r});
      continue;
    }
    const std::int64_t n = adapter_.on_edges() ? 0 : first_atom[r + 1] - first_atom[r];
    std::vector<int>& group = open[n];
    group.push_back(r);
    if (static_cast<std::int64_t>(group.size()) * n * n >= pairs_per_call) {
      result.push_back(group);
      group.clear();
    }
  }
  for (const auto& [n, group] : open)
    if (!group.empty()) result.push_back(group);
  return result;
}

ScriptSystems ScriptPotential::gather(const StateView& state, const std::vector<int>& replicas,
                                      const std::vector<int>& first_atom,
                                      const std::vector<Periodicity>& periodic,
                                      const at::Tensor& atoms) const {
  ScriptSystems s;
  s.n_systems = static_cast<std::int64_t>(replicas.size());
  s.numbers = torch_view(state.number, {state.n_atoms}, at::kInt, device_)
                  .index_select(0, atoms)
                  .to(at::kLong);
  s.positions =
      torch_view(state.position, {state.n_atoms, 3}, at::kDouble, device_).index_select(0, atoms);
  const int r = replicas[0];
  if (s.n_systems == 1 && periodic[r].any()) {
    const Periodicity pbc = periodic[r];
    // Rows that nothing is periodic along may be missing; models want a cell that can be inverted.
    const Mat3 cell = complete_cell(to_host(device_, state.cell + r, 1)[0], pbc, 100);
    s.cell = at::empty({3, 3}, at::kDouble);
    std::memcpy(s.cell.mutable_data_ptr(), &cell, sizeof cell);
    s.cell = s.cell.to(atoms.device());
    s.pbc =
        at::tensor({int{pbc[0]}, int{pbc[1]}, int{pbc[2]}}, at::kInt).to(atoms.device(), at::kBool);
  }
  if (!adapter_.on_edges()) {
    if (adapter_.batched) {
      const std::int64_t n = first_atom[r + 1] - first_atom[r];
      s.numbers = s.numbers.view({s.n_systems, n});
      s.positions = s.positions.view({s.n_systems, n, 3});
    }
    return s;
  }
  std::vector<std::int64_t> begin{0}, system;
  for (const int replica : replicas) {
    system.resize(system.size() + first_atom[replica + 1] - first_atom[replica],
                  static_cast<std::int64_t>(begin.size()) - 1);
    begin.push_back(static_cast<std::int64_t>(system.size()));
  }
  s.batch = at::tensor(system, at::kLong).to(atoms.device());
  s.ptr = at::tensor(begin, at::kLong).to(atoms.device());
  const EdgeView edges = edges_.view();
  const auto ints = [&](const int* data, std::int64_t n) {
    return torch_view(data, {n}, at::kInt, device_).to(at::kLong);
  };
  // Place of each atom among those of this call; -1: not one of them.
  const at::Tensor place = at::full({state.n_atoms}, -1, atoms.options())
                               .index_copy_(0, atoms, at::arange(atoms.size(0), atoms.options()));
  const at::Tensor center = place.index_select(0, ints(edges.center, edges.n_edges));
  const at::Tensor kept = center.ge(0).nonzero().squeeze(1);
  s.center = center.index_select(0, kept);
  s.neighbor = place.index_select(0, ints(edges.neighbor, edges.n_edges).index_select(0, kept));
  s.vector =
      torch_view(edges.vector, {edges.n_edges, 3}, at::kDouble, device_).index_select(0, kept);
  return s;
}

void ScriptPotential::add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                                 Stream& stream) {
  if (adapter_.on_edges()) edges_.update(state, neighbors, stream);
  if (gate_closed(stream)) return;
  const TorchScope scope(stream);
  stream.synchronize();
  const auto first_atom = to_host(device_, state.first_atom, state.n_replicas + 1);
  const auto periodic = to_host(device_, state.periodic, state.n_replicas);
  const at::Device device = torch_device(device_);
  at::Tensor forces = torch_view(state.force, {state.n_atoms, 3}, at::kDouble, device_);
  at::Tensor energies = torch_view(state.potential, {state.n_replicas}, at::kDouble, device_);
  at::Tensor virials = torch_view(state.virial, {state.n_replicas, 3, 3}, at::kDouble, device_);
  try {
    for (const std::vector<int>& replicas : calls(first_atom, periodic)) {
      std::vector<std::int64_t> atoms, which(replicas.begin(), replicas.end());
      bool any_periodic = false;
      for (const int r : replicas) {
        for (int i = first_atom[r]; i < first_atom[r + 1]; ++i) atoms.push_back(i);
        any_periodic = any_periodic || periodic[r].any();
      }
      const at::Tensor atom = at::tensor(atoms, at::kLong).to(device);
      const at::Tensor replica = at::tensor(which, at::kLong).to(device);
      const bool with_virial = virial && any_periodic;
      const ScriptAnswer answer =
          evaluate(gather(state, replicas, first_atom, periodic, atom), with_virial);
      forces.index_add_(0, atom, answer.forces.reshape({-1, 3}));
      energies.index_add_(0, replica, answer.energies);
      if (with_virial) virials.index_add_(0, replica, answer.virial);
    }
  } catch (const c10::Error& error) {
    rethrow_torch(error, "evaluation of " + path_);
  } catch (const InputError& error) {
    throw InputError(path_ + ": " + error.what());
  } catch (const std::exception& error) {  // raised by the model's own code
    throw NumericalError(path_ + ": " + torch_message(error.what()));
  }
}

Description ScriptPotential::describe() const {
  return {{"adapter", adapter_.name}, {"signature", signature_of(module_)}};
}

}  // namespace md
