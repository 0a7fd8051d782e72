#include "potentials/painn/painn.hpp"

#include "md/errors.hpp"

namespace md {
namespace painn {

PotentialTraits traits_of(const PainnModel& model, const std::string& precision) {
  PotentialTraits traits;
  traits.cutoff = model.cutoff;
  traits.periodic = true;
  traits.virial = true;
  traits.elements = model.elements;
  traits.force_noise = precision == "float64" ? 1e-11 : 1e-4;
  return traits;
}

Make& make_libtorch() {
  static Make make = nullptr;
  return make;
}

}  // namespace painn

namespace {

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const PainnModel model = PainnModel::read(Safetensors(options.input.file("potential.model")));
  std::string how = options.input.choice("potential.evaluation");
  if (how == "auto") how = options.device.is_cuda() ? "libtorch" : "kernels";
  if (how == "kernels") {
    if (options.device.is_cuda())
      options.input.fail("potential.evaluation",
                         "kernels run on the CPU only; use libtorch on a GPU");
    std::string filters = options.input.choice("potential.filters");
    if (filters == "auto") filters = options.precision == "float64" ? "exact" : "table";
    return painn::make_kernels(model, options,
                               filters == "exact" ? painn::Filters::exact : painn::Filters::table);
  }
  if (!painn::make_libtorch())
    options.input.fail("potential.evaluation", "this build has no LibTorch; use kernels");
  return painn::make_libtorch()(model, options);
}

const bool registered = potentials().add(
    "painn",
    {"equivariant message-passing network (PaiNN) from a safetensors file",
     {{"evaluation", Kind::choice, "auto",
       "kernels: own code, on the CPU; libtorch: automatic differentiation, any device; "
       "auto: the kernels where they run",
       "auto|kernels|libtorch"},
      {"filters", Kind::choice, "auto",
       "of the kernels: exact, or a table of splines; auto: exact in float64", "auto|exact|table"}},
     make});

}  // namespace
}  // namespace md
