#include <algorithm>
#include <optional>
#include <utility>

#include "md/errors.hpp"
#include "potentials/painn/feature_uncertainty.hpp"
#include "potentials/painn/gpu/device_potential.hpp"
#include "potentials/painn/gpu/program_memory.cuh"
#include "potentials/painn/gpu/program_run.cuh"
#include "potentials/support/atom_energies.cuh"

namespace md::painn {
namespace {

template <class T, Operand operand>
class DevicePotential final : public Potential {
 public:
  DevicePotential(const PainnModel& model, PotentialTraits traits, Device device, Schedule wanted)
      : weights_(model, operand, device),
        memory_(device, model.repulsion),
        traits_(std::move(traits)),
        description_(model.describe()),
        device_(device),
        wanted_(wanted),
        edges_(device),
        uncertainty_(feature_uncertainty(model, device)) {}

  const PotentialTraits& traits() const override { return traits_; }
  Description describe() const override { return description_; }

  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    edges_.update(state, neighbors, stream);
    energies_.resize(state, stream);
    if (neighbors.id() != list_) {
      schedule_ = plan(state);
      list_ = neighbors.id();
    }
    ProgramView<T> view;
    view.w = weights_.view();
    view.edges = edges_.view();
    view.number = state.number;
    view.n_atoms = state.n_atoms;
    view.energy = energies_.energies();
    memory_.attach(view);
    if (uncertainty_) {
      const std::size_t wanted = std::size_t(state.n_atoms) * view.w.h;
      if (features_.size() != wanted) features_ = {device_, wanted};
      view.features = features_.data();
    }
    run_program<T, operand>(stream, view, schedule_);
    energies_.add(state, stream);
    edges_.add_forces(state, view.gradient, virial, stream);
  }

  std::vector<ForceUncertainty> uncertainty(const StateView& state, Stream& stream) override {
    if (!uncertainty_) return {};
    return uncertainty_->evaluate(state, features_.data(), weights_.view().h, stream);
  }

 private:
  ProgramSchedule plan(const StateView& state) const {
    std::vector<int> first(state.n_replicas + 1);
    copy_to_host(device_, first.data(), state.first_atom, first.size() * sizeof(int));
    int largest = 0;
    for (int r = 0; r < state.n_replicas; ++r) largest = std::max(largest, first[r + 1] - first[r]);
    return {state.n_replicas, state.first_atom,
            blocks_per_replica<T, operand>(device_, state.n_replicas, largest, wanted_)};
  }

  DeviceWeights<T> weights_;
  ProgramMemory<T> memory_;
  PotentialTraits traits_;
  Description description_;
  Device device_;
  Schedule wanted_;
  PaddedEdgeList edges_;
  AtomEnergies energies_;
  std::optional<FeatureUncertainty> uncertainty_;
  Array<T> features_;  // [n_atoms, H] of the last evaluation
  ProgramSchedule schedule_;
  std::int64_t list_ = -1;  // id of the list that schedule_ was made for
};

template <class T, Operand operand>
std::unique_ptr<Potential> make_as(const PainnModel& model, const PotentialOptions& options,
                                   Schedule schedule) {
  const int capability = compiled_capability<T, operand>(options.device);
  const int wanted = operand == Operand::full ? 0 : operand == Operand::fp16 ? 75 : 80;
  const auto decimal = [](int n) { return std::to_string(n / 10) + "." + std::to_string(n % 10); };
  if (options.device.is_cuda() && capability < wanted)
    options.input.fail("potential.precision", "'" + options.precision +
                                                  "' needs compute capability " + decimal(wanted) +
                                                  "; this GPU, with this build, has " +
                                                  decimal(capability) + ": use float32");
  PotentialTraits traits = traits_of(model, options.precision);
  traits.recordable = true;
  // Root mean square errors of the forces of the shipped student, see docs/precision.md.
  constexpr bool rounded = operand != Operand::full && operand != Operand::tf32x3;
  if (rounded)
    traits.caution = "rounds the factors of its matrix products to " + options.precision +
                     (operand == Operand::bf16 ? ": forces are off by about 0.004 eV/A"
                                               : ": forces are off by about 0.0004 eV/A") +
                     " (rms), and its energy drift is not known; for dynamics use float32";
  if (rounded) traits.force_noise = operand == Operand::bf16 ? 0.1 : 0.01;
  return std::make_unique<DevicePotential<T, operand>>(model, std::move(traits), options.device,
                                                       schedule);
}

}  // namespace

std::unique_ptr<Potential> make_device_kernels(const PainnModel& model,
                                               const PotentialOptions& options, Schedule schedule) {
  const std::string& precision = options.precision;
  if (precision == "float32") return make_as<float, Operand::full>(model, options, schedule);
  if (precision == "float64") return make_as<double, Operand::full>(model, options, schedule);
  if (precision == "tf32x3") return make_as<float, Operand::tf32x3>(model, options, schedule);
  if (precision != "tf32" && precision != "bf16" && precision != "fp16")
    options.input.fail(
        "potential.precision",
        "'" + precision + "' is unknown; float32, float64, tf32x3, tf32, bf16 or fp16 is wanted");
  if (precision == "tf32") return make_as<float, Operand::tf32>(model, options, schedule);
  if (precision == "bf16") return make_as<float, Operand::bf16>(model, options, schedule);
  return make_as<float, Operand::fp16>(model, options, schedule);
}

}  // namespace md::painn
