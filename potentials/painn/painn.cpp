#include "potentials/painn/painn.hpp"

#include "md/errors.hpp"
#include "potentials/painn/gpu/device_potential.hpp"

namespace md::painn {

PotentialTraits traits_of(const PainnModel& model, const std::string& precision) {
  PotentialTraits traits;
  traits.cutoff = model.cutoff;
  traits.periodic = true;
  traits.virial = true;
  traits.elements = model.elements;
  traits.uncertainty_threshold = model.uncertainty.threshold;
  traits.force_noise = precision == "float64" ? 1e-11 : 1e-4;
  return traits;
}

EvaluationRegistry& evaluations() {
  static EvaluationRegistry registry("potential.evaluation", "evaluation of painn");
  return registry;
}

namespace {

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const PainnModel model = PainnModel::read(Safetensors(options.input.file("potential.model")));
  std::string how = options.input.choice("potential.evaluation");
  if (how == "auto") how = "kernels";
  if (how == "kernels") {
    std::string filters = options.input.choice("potential.filters");
    if (options.device.is_cuda()) {
      const bool exact = options.precision == "float64";
      if (filters == (exact ? "table" : "exact"))
        options.input.fail(
            "potential.filters",
            "on a GPU they are exact in float64 and from a table otherwise; use auto");
      return make_device_kernels(model, options);
    }
    if (options.precision != "float32" && options.precision != "float64")
      options.input.fail_value("potential.precision",
                               "runs on a GPU only; float32 or float64 is wanted");
    if (filters == "auto") filters = options.precision == "float64" ? "exact" : "table";
    return make_kernels(model, options, filters == "exact" ? Filters::exact : Filters::table);
  }
  if (options.input.choice("potential.filters") != "auto")
    options.input.fail("potential.filters", "belongs to the kernels; LibTorch's are always exact");
  return evaluations().find(how).make({model, options});
}

const bool declared =
    evaluations().add("libtorch", {"automatic differentiation", {}, nullptr, "torch"});
const bool registered = potentials().add(
    "painn",
    {"equivariant message-passing network (PaiNN) from a safetensors file",
     {{"evaluation", Kind::choice, "auto",
       "kernels: own code; libtorch: automatic differentiation; auto: the kernels",
       "auto|kernels|libtorch"},
      {"filters", Kind::choice, "auto",
       "of the kernels: exact, or a table of splines; auto: exact in float64", "auto|exact|table"}},
     make});

}  // namespace
}  // namespace md::painn
