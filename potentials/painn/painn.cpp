#include "potentials/painn/torch_painn.hpp"
#include "potentials/torch_runtime.hpp"

namespace md {
namespace {

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const PainnModel model = PainnModel::read(Safetensors(options.input.file("potential.model")));
  const at::ScalarType precision = torch_precision(options.precision);
  PotentialTraits traits;
  traits.cutoff = model.cutoff;
  traits.periodic = true;
  traits.virial = true;
  traits.elements = model.elements;
  traits.force_noise = precision == at::kDouble ? 1e-11 : 1e-4;
#ifndef MD_TORCH_CUDA
  traits.on_gpu = false;
#endif
  return std::make_unique<TorchEdgePotential>(
      std::make_unique<TorchPainn>(model, precision, options.device), traits, options.device,
      options.strict, model.describe());
}

const bool registered = potentials().add(
    "painn", {"equivariant message-passing network (PaiNN) from a safetensors file", {}, make});

}  // namespace
}  // namespace md
