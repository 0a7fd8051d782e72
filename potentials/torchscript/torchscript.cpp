#include <ATen/Parallel.h>

#include "potentials/support/torch_runtime.hpp"
#include "potentials/torchscript/torch_script_potential.hpp"

namespace md {
namespace {

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const at::ScalarType precision = torch_precision(options);
  ScriptModel model = load_script(options.input.file("potential.model"), options.device);
  ScriptAdapter adapter = choose_adapter(model, &options.input);
  if (at::get_num_threads() != options.threads) at::set_num_threads(options.threads);
  return std::make_unique<ScriptPotential>(std::move(model), std::move(adapter), precision,
                                           options.device, options.strict);
}

const bool supplied = potentials().supply("torchscript", make);

}  // namespace
}  // namespace md
