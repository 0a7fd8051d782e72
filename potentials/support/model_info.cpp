#include "potentials/support/model_info.hpp"

#include <fmt/format.h>

#include <fstream>
#include <set>

#include "md/errors.hpp"
#include "md/file_hash.hpp"
#include "md/text.hpp"
#include "potentials/support/architecture.hpp"
#include "potentials/support/model_file.hpp"

namespace md {
namespace {

/// "rep.mixing.0" of "rep.mixing.0.intraatomic_context_net.1.bias": up to the first number, or the
/// first part where there is none.
std::string module_of(const std::string& tensor) {
  const std::vector<std::string> parts = split(tensor, '.');
  std::string module = parts[0];
  for (std::size_t k = 1; k + 1 < parts.size(); ++k) {
    module += "." + parts[k];
    if (parts[k].find_first_not_of("0123456789") == std::string::npos) return module;
  }
  return parts.size() > 1 ? parts[0] + "." + parts[1] : parts[0];
}

/// Numbers that are state of a normalisation or a table, not parameters.
bool is_buffer(const Architecture& architecture, const std::string& name,
               const StoredTensor& tensor) {
  return architecture.buffers.contains(name) || tensor.type[0] == 'I' || tensor.type[0] == 'U' ||
         tensor.type == "BOOL" || name.find(".running_") != std::string::npos;
}

void count_parameters(const Safetensors& file, const Architecture& architecture, ModelInfo& info) {
  for (const auto& [name, tensor] : file.tensors()) {  // sorted: a module's tensors are neighbors
    if (is_buffer(architecture, name, tensor)) continue;
    const std::string module = module_of(name);
    if (info.modules.empty() || info.modules.back().first != module)
      info.modules.emplace_back(module, 0);
    info.modules.back().second += tensor.size();
    info.parameters += tensor.size();
  }
}

/// The metadata that the description does not say in other words.
Description other_metadata(const Safetensors& file, const Architecture& architecture,
                           const Description& description) {
  std::set<std::string> said{"arch", "energy_unit", "length_unit"};
  for (const auto& [name, value] : description) said.insert(name);
  Description rest;
  for (const auto& [key, value] : file.metadata())
    if (const auto it = architecture.unprintable.find(key); it != architecture.unprintable.end())
      rest.emplace_back(key, it->second);
    else if (!said.contains(key))
      rest.emplace_back(key, join(split(value, '\n'), " "));
  return rest;
}

ModelInfo safetensors_info(const std::string& path) {
  const Safetensors file(path);
  ModelInfo info;
  info.architecture = architecture_of(file);
  const Architecture& architecture = architectures().at(info.architecture);
  info.potential = architecture.potential;
  info.description = architecture.describe(file);
  const double unit = energy_unit_of(file);
  info.description.emplace_back("units",
                                (unit == 1 ? "eV" : fmt::format("{} eV", unit)) + ", angstrom");
  const std::string teacher = file.metadata("teacher");
  info.description.emplace_back("teacher", teacher.empty() ? "not recorded" : teacher);
  count_parameters(file, architecture, info);
  info.metadata = other_metadata(file, architecture, info.description);
  return info;
}

}  // namespace

std::function<ModelInfo(const std::string&)>& script_reader() {
  static std::function<ModelInfo(const std::string&)> reader;
  return reader;
}

ModelInfo model_info(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char magic[2] = {};
  in.read(magic, 2);
  // TorchScript files are zip archives; a safetensors file begins with the length of its header.
  if (magic[0] != 'P' || magic[1] != 'K') return safetensors_info(path);
  if (!script_reader())
    throw InputError(path + ": is a TorchScript file; this build has no LibTorch to read it");
  return script_reader()(path);
}

std::string describe_model(const std::string& path) {
  const ModelInfo info = model_info(path);
  std::string text;
  const auto add = [&](const std::string& name, const std::string& value) {
    text += fmt::format("{:<13} {}\n", name + ":", value);
  };
  add("file", path);
  for (const auto& [name, value] : info.description) add(name, value);
  add("parameters", std::to_string(info.parameters));
  for (const auto& [module, count] : info.modules)
    text += fmt::format("  {:<43} {:>12}\n", module, count);
  for (const auto& [name, value] : info.metadata) add(name, value);
  add("SHA-256", sha256_of_file(path));
  return text;
}

}  // namespace md
