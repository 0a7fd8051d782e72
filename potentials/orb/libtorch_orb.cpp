#include <ATen/ops/linalg_cross.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include "potentials/orb/orb.hpp"
#include "potentials/orb/torch_orb.hpp"
#include "potentials/support/torch_runtime.hpp"
#ifdef MD_TORCH_CUDA
#include <cuda_runtime_api.h>
#endif

namespace md::orb {
namespace {

/// While it lives, LibTorch may round the factors of float32 products to TF32, if `on`.
class Tf32Scope {
 public:
  explicit Tf32Scope(bool on) : on_(on) {
    if (on_) at::globalContext().setFloat32MatmulPrecision("high");
  }
  ~Tf32Scope() {  // as torch_device() has it
    if (on_) at::globalContext().setFloat32MatmulPrecision("highest");
  }
  Tf32Scope(const Tf32Scope&) = delete;
  Tf32Scope& operator=(const Tf32Scope&) = delete;

 private:
  bool on_;
};

class TorchOrbPotential final : public Potential {
 public:
  TorchOrbPotential(TorchOrb network, PotentialTraits traits, Description description,
                    int most_neighbors, const PotentialOptions& options)
      : network_(std::move(network)),
        traits_(std::move(traits)),
        description_(std::move(description)),
        device_(options.device),
        most_neighbors_(most_neighbors),
        tf32_(options.precision == "tf32"),
        // Small replicas go together: on the CPU while their edges fit into the cache, on a GPU
        // while activations (2 kB an edge and layer at the published size) stay below a gigabyte.
        most_atoms_(options.strict             ? 0
                    : options.device.is_cuda() ? 16'384
                                               : 256) {}

  const PotentialTraits& traits() const override { return traits_; }
  Description describe() const override { return description_; }

  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    if (gate_closed(stream)) return;
    const TorchScope scope(stream);
    try {
      const at::Tensor atoms =
          torch_view(state.first_atom, {state.n_replicas + 1}, at::kInt, device_).to(at::kCPU);
      const int* first_atom = atoms.const_data_ptr<int>();
      for (int r = 0; r < state.n_replicas;) {
        const int first = r++;
        while (r < state.n_replicas && first_atom[r + 1] - first_atom[first] <= most_atoms_) ++r;
        evaluate(state, neighbors.view(), virial, {first, r}, {first_atom[first], first_atom[r]});
      }
    } catch (const c10::Error& error) {
      rethrow_torch(error, "evaluation of the potential");
    }
  }

 private:
  struct Range {  // of replicas or atoms
    int begin, end;
  };

  void evaluate(const StateView& state, const NeighborView& neighbors, bool virial, Range replicas,
                Range atoms) const {
    const std::int64_t n = atoms.end - atoms.begin, n_systems = replicas.end - replicas.begin;
    const auto view = [&](const double* data, at::IntArrayRef shape) {
      return torch_view(data, shape, at::kDouble, device_);
    };
    const TorchOrbGraph graph =
        nearest_graph(state, neighbors, device_, replicas.begin, replicas.end, atoms.begin,
                      atoms.end, traits_.cutoff, most_neighbors_);
    TorchOrbPrediction result;
    {
      const Tf32Scope scope(tf32_);
      result = network_.predict(graph);
    }
    const at::Tensor cell = view(&state.cell[replicas.begin][0].x, {n_systems, 3, 3});
    // orb-models looks at the cell, not at the periodicity.
    const at::Tensor free = cell.eq(0).flatten(1).all(1);
    view(&state.force[atoms.begin].x, {n, 3})
        .add_(without_net_force(graph, result.forces, view(&state.position[atoms.begin].x, {n, 3}),
                                free));
    view(state.potential + replicas.begin, {n_systems}).add_(result.energy);
    if (!virial || !result.stress.defined()) return;
    // The head gives the stress itself; W = -V stress.
    const at::Tensor full =
        result.stress
            .index_select(
                1, at::tensor({0, 5, 4, 5, 1, 3, 4, 3, 2}, at::kLong).to(result.stress.device()))
            .view({-1, 3, 3});
    const auto row = cell.unbind(1);
    const at::Tensor volume = (row[0] * at::linalg_cross(row[1], row[2])).sum(1).abs();
    const at::Tensor periodic =
        torch_view(state.periodic + replicas.begin, {n_systems}, at::kInt, device_)
            .eq(Periodicity(true, true, true).bits());
    view(&state.virial[replicas.begin][0].x, {n_systems, 3, 3})
        .sub_(at::where(periodic.view({-1, 1, 1}), volume.view({-1, 1, 1}) * full, 0.0));
  }

  TorchOrb network_;
  PotentialTraits traits_;
  Description description_;
  Device device_;
  int most_neighbors_;
  bool tf32_;
  int most_atoms_;
};

/// Throws InputError for what the device cannot do: it would be done in another precision silently.
TorchOrbTypes types_of(const PotentialOptions& options) {
  const std::string& precision = options.precision;
  const bool tf32 = precision == "tf32", bf16 = precision == "bf16";
  if (tf32 && !options.device.is_cuda())
    options.input.fail_value("potential.precision",
                             "runs on a GPU only; float32, float64 or bf16 is wanted");
#ifdef MD_TORCH_CUDA
  int major = 0;
  if (options.device.is_cuda())
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, options.device.index);
  if ((tf32 || bf16) && options.device.is_cuda() && major < 8)
    options.input.fail_value("potential.precision",
                             "needs a GPU of compute capability 8.0; use float32");
#endif
  if (tf32) return {at::kFloat, at::kFloat};
  if (bf16) return {at::kFloat, at::kBFloat16};
  if (precision == "fp16")
    options.input.fail_value("potential.precision",
                             "is not there for orb; float32, float64, tf32 or bf16 is wanted");
  const at::ScalarType type = torch_precision(options);
  return {type, type};
}

std::unique_ptr<Potential> make(const EvaluationOptions& given) {
  const auto& [file, model, most_neighbors, options] = given;
  torch_device(options.device);  // throws where LibTorch has no GPU path
  PotentialTraits traits = traits_of(model, options.precision);
#ifdef MD_TORCH_CUDA
  traits.on_gpu = true;
#endif
  if (options.precision == "tf32" || options.precision == "bf16") {
    const bool bf16 = options.precision == "bf16";
    traits.caution = "rounds the factors of its matrix products to " + options.precision +
                     (bf16 ? ": forces are off by about 2 percent (rms)"
                           : ", as orb-models does on a GPU unless told otherwise") +
                     "; for dynamics use float32";
    traits.force_noise = bf16 ? 0.1 : 0.01;
  }
  return std::make_unique<TorchOrbPotential>(
      TorchOrb(file, model, types_of(options), options.device), std::move(traits),
      describe(model, most_neighbors), most_neighbors, options);
}

const bool supplied = evaluations().supply("libtorch", make);

}  // namespace
}  // namespace md::orb
