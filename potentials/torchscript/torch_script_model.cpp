#include "potentials/torchscript/torch_script_model.hpp"

#include <torch/csrc/jit/python/update_graph_executor_opt.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <fstream>

#include "md/errors.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md {

std::vector<c10::Argument> ScriptModel::arguments() const {
  const auto& all = module.get_method("forward").function().getSchema().arguments();
  return {all.begin() + 1, all.end()};
}

bool ScriptModel::takes(const std::string& argument) const {
  return std::ranges::any_of(arguments(),
                             [&](const c10::Argument& a) { return a.name() == argument; });
}

bool ScriptModel::takes_dictionary() const {
  const auto all = arguments();
  if (all.empty()) return false;
  const auto type = all[0].type()->cast<c10::DictType>();
  return type && type->getKeyType()->kind() == c10::TypeKind::StringType &&
         type->getValueType()->kind() == c10::TypeKind::TensorType &&
         std::all_of(all.begin() + 1, all.end(),
                     [](const c10::Argument& a) { return a.default_value().has_value(); });
}

double ScriptModel::number(const std::string& name) const {
  if (!module.hasattr(name)) return 0;
  const c10::IValue value = module.attr(name);
  if (value.isDouble() || value.isInt()) return value.toScalar().toDouble();
  if (!value.isTensor() || value.toTensor().numel() != 1) return 0;
  return value.toTensor().item<double>();
}

std::vector<int> ScriptModel::atomic_numbers() const {
  if (!module.hasattr("atomic_numbers")) return {};
  const c10::IValue value = module.attr("atomic_numbers");
  if (!value.isTensor() || !at::isIntegralType(value.toTensor().scalar_type(), false)) return {};
  const at::Tensor numbers = value.toTensor().to(at::kCPU, at::kLong).flatten().contiguous();
  const auto* data = numbers.const_data_ptr<std::int64_t>();
  return {data, data + numbers.numel()};
}

std::string ScriptModel::signature() const {
  std::string text = "forward(";
  const auto all = arguments();
  for (std::size_t k = 0; k < all.size(); ++k)
    text += (k ? ", " : "") + all[k].type()->repr_str() + " " + all[k].name();
  const auto& returns = module.get_method("forward").function().getSchema().returns();
  return text + ") -> " + (returns.empty() ? "None" : returns[0].type()->repr_str());
}

ScriptModel load_script(const std::string& path, const Device& device) {
  std::ifstream in(path, std::ios::binary);
  char magic[2] = {};
  if (!in) throw InputError(path + ": cannot be opened; a TorchScript file is wanted");
  in.read(magic, 2);
  if (magic[0] != 'P' || magic[1] != 'K')
    throw InputError(path + ": is not a TorchScript file (torch.jit.save makes one)");
  // The specialising executor would spend seconds on every new shape.
  torch::jit::getProfilingMode() = false;
  torch::jit::setGraphExecutorOptimize(false);
  torch::jit::ExtraFilesMap extra{{"r_max", ""}, {"type_names", ""}};
  try {
    ScriptModel model{torch::jit::load(path, torch_device(device), extra), path, {}};
    model.metadata = {extra.begin(), extra.end()};
    model.module.eval();
    for (at::Tensor parameter : model.module.parameters()) parameter.requires_grad_(false);
    if (!model.module.find_method("forward")) throw InputError(path + ": has no method forward()");
    return model;
  } catch (const c10::Error& error) {
    throw InputError(path + ": is not a TorchScript file that can be read: " +
                     torch_message(error.what_without_backtrace()));
  }
}

}  // namespace md
