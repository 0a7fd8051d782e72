#include "potentials/torchscript/torch_script_potential.hpp"

#include <ATen/ops/tensor.h>

#include <map>

#include "md/errors.hpp"
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

PotentialTraits traits_of(const ScriptAdapter& adapter, at::ScalarType precision) {
  PotentialTraits traits;
  traits.cutoff = std::max(adapter.cutoff, adapter.cutoff_lr);
  traits.periodic = adapter.periodic;
  traits.conservative = !adapter.own_forces;  // for verify to find out
  traits.virial = adapter.periodic && !adapter.own_forces;
  traits.partly_periodic = adapter.on_edges() ||
                           !(adapter.takes(ScriptInput::cell) || adapter.takes(ScriptInput::box)) ||
                           adapter.takes(ScriptInput::pbc);
  traits.elements = adapter.elements;
  traits.force_noise = precision == at::kDouble ? 1e-9 : 1e-3;
  // The model itself adds the energies of its atoms, -1000 eV each and more, in its own precision.
  if (precision != at::kDouble) traits.energy_rounding = 1.2e-7;
#ifndef MD_TORCH_CUDA
  traits.on_gpu = false;
#endif
  return traits;
}

}  // namespace

ScriptPotential::ScriptPotential(ScriptModel model, ScriptAdapter adapter, at::ScalarType precision,
                                 const Device& device, bool strict)
    : call_(std::move(model), std::move(adapter), precision, torch_device(device)),
      device_(device),
      strict_(strict),
      traits_(traits_of(call_.adapter(), precision)),
      edges_(device) {}

/// Replicas that go through the model together: of equal size where it wants that.
std::vector<std::vector<int>> ScriptPotential::calls(
    const std::vector<int>& first_atom, const std::vector<Periodicity>& periodic) const {
  // Of the one system of a call: box and cell have no room for more.
  const bool own_cell = !adapter().in_a_row || adapter().takes(ScriptInput::box);
  std::vector<std::vector<int>> result;
  std::map<std::int64_t, std::vector<int>> open;  // by number of atoms
  for (int r = 0; r < static_cast<int>(periodic.size()); ++r) {
    if (strict_ || !adapter().batched || (periodic[r].any() && own_cell)) {
      result.push_back({r});
      continue;
    }
    const std::int64_t n = adapter().in_a_row ? 0 : first_atom[r + 1] - first_atom[r];
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

void ScriptPotential::add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                                 Stream& stream) {
  if (adapter().on_edges()) edges_.update(state, neighbors, stream);
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
      const bool with_virial = virial && any_periodic && traits_.virial;
      const ScriptAnswer answer =
          call_.evaluate(gather_systems(state, adapter().on_edges() ? edges_.view() : EdgeView{},
                                        adapter(), replicas, first_atom, periodic, atom, device_),
                         with_virial);
      forces.index_add_(0, atom, answer.forces.reshape({-1, 3}));
      energies.index_add_(0, replica, answer.energies);
      if (with_virial) virials.index_add_(0, replica, answer.virial);
    }
  } catch (const c10::Error& error) {
    rethrow_torch(error, "evaluation of " + call_.model().path);
  } catch (const InputError& error) {
    throw InputError(call_.model().path + ": " + error.what());
  } catch (const std::exception& error) {  // raised by the model's own code
    throw NumericalError(call_.model().path + ": " + torch_message(error.what()));
  }
}

Description ScriptPotential::describe() const {
  return {{"adapter", adapter().name}, {"signature", call_.model().signature()}};
}

}  // namespace md
