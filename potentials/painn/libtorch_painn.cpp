#include "potentials/painn/painn.hpp"
#include "potentials/painn/torch_painn.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md::painn {
namespace {

std::unique_ptr<Potential> make(const EvaluationOptions& given) {
  const auto& [model, options] = given;
  const at::ScalarType precision = torch_precision(options);
  PotentialTraits traits = traits_of(model, options.precision);
  traits.uncertainty_threshold = 0;  // the kernels' alone
#ifndef MD_TORCH_CUDA
  traits.on_gpu = false;
#endif
  return std::make_unique<TorchEdgePotential>(
      std::make_unique<TorchPainn>(model, precision, options.device), traits, options.device,
      options.strict, model.describe());
}

const bool supplied = evaluations().supply("libtorch", make);

}  // namespace
}  // namespace md::painn
