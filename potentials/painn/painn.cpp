#include <fmt/format.h>

#include "potentials/model_file.hpp"
#include "potentials/painn/torch_painn.hpp"
#include "potentials/torch_runtime.hpp"

namespace md {
namespace {

std::vector<std::string> description(const PainnModel& model) {
  return {
      "architecture: painn",
      fmt::format("size: {} channels, {} layers, {} radial functions", model.channels,
                  model.layers.size(), model.n_radial),
      fmt::format("cutoff: {} A", model.cutoff),
      "elements: " + describe_elements(model.elements),
      std::string("envelope: ") + (model.envelope == Envelope::cosine ? "cosine" : "polynomial"),
      std::string("repulsion: ") + (model.repulsion ? "zbl" : "none")};
}

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
      options.strict, description(model));
}

const bool registered = potentials().add(
    "painn", {"equivariant message-passing network (PaiNN) from a safetensors file", {}, make});

}  // namespace
}  // namespace md
