#include "potentials/support/model_info.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <set>
#include <vector>

#include "md/errors.hpp"
#include "md/file_hash.hpp"
#include "md/text.hpp"
#include "potentials/orb/orb_model.hpp"
#include "potentials/painn/painn_model.hpp"
#include "potentials/support/model_file.hpp"

namespace md {
namespace {

std::string line(const std::string& name, const std::string& value) {
  return fmt::format("{:<13} {}\n", name + ":", value);
}

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
bool is_buffer(const std::string& name, const StoredTensor& tensor) {
  static const std::set<std::string> buffers{"rep.cutoff_fn.cutoff", "rep.radial_basis.freqs",
                                             "rbf.centers", "rbf.widths"};
  return buffers.contains(name) || tensor.type[0] == 'I' || tensor.type[0] == 'U' ||
         tensor.type == "BOOL" || name.find(".running_") != std::string::npos;
}

std::string parameters(const Safetensors& file) {
  std::vector<std::pair<std::string, std::int64_t>> modules;
  std::int64_t total = 0;
  for (const auto& [name, tensor] : file.tensors()) {  // sorted: a module's tensors are neighbors
    if (is_buffer(name, tensor)) continue;
    const std::string module = module_of(name);
    if (modules.empty() || modules.back().first != module) modules.emplace_back(module, 0);
    modules.back().second += tensor.size();
    total += tensor.size();
  }
  std::string text = line("parameters", fmt::format("{}", total));
  for (const auto& [module, count] : modules)
    text += fmt::format("  {:<44}{:>12}\n", module, count);
  return text;
}

/// What the architecture's own reader knows, and that it can be read at all.
std::vector<std::string> details(const Safetensors& file, const std::string& architecture) {
  if (architecture == "painn") {
    std::vector<std::string> lines = PainnModel::read(file).describe();
    lines.erase(lines.begin());  // the architecture itself
    return lines;
  }
  if (architecture == "seed-student")
    return {fmt::format("cutoff: {} A", cutoff_of(file, "", 5.0)),
            "elements: " +
                describe_elements(elements_of(
                    file, static_cast<int>(file.tensor("embedding.weight").shape.at(0)) - 1)),
            "remark: not invariant under rotation, jumps at the cutoff; an import format"};
  std::vector<std::string> lines = orb::OrbModel::read(file).describe();
  lines.erase(lines.begin());
  return lines;
}

std::string describe_safetensors(const std::string& path) {
  const Safetensors file(path);
  const std::string architecture = architecture_of(file);
  std::string text = line("architecture", architecture);
  for (const std::string& detail : details(file, architecture)) {
    const auto colon = detail.find(": ");
    text += line(detail.substr(0, colon), detail.substr(colon + 2));
  }
  const double unit = energy_unit_of(file);
  text += line("units", (unit == 1 ? "eV" : fmt::format("{} eV", unit)) + ", angstrom");
  const std::string teacher = file.metadata("teacher");
  text += line("teacher", teacher.empty() ? "not recorded" : teacher);
  text += parameters(file);
  static const std::set<std::string> said{"architecture", "arch",     "cutoff",      "elements",
                                          "units",        "teacher",  "energy_unit", "length_unit",
                                          "envelope",     "repulsion"};
  for (const auto& [key, value] : file.metadata())
    if (key == "training_domain")
      text += line(key, "of every element: mean, covariance and farthest atom of the data");
    else if (!said.contains(key))
      text += line(key, join(split(value, '\n'), " "));
  return text;
}

}  // namespace

std::function<std::string(const std::string&)>& script_describer() {
  static std::function<std::string(const std::string&)> describer;
  return describer;
}

std::string describe_model(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  char magic[2] = {};
  in.read(magic, 2);
  // TorchScript files are zip archives; a safetensors file begins with the length of its header.
  const bool archive = magic[0] == 'P' && magic[1] == 'K';
  if (archive && !script_describer())
    throw InputError(path + ": is a TorchScript file; this build has no LibTorch to read it");
  std::string text = line("file", path);
  text += archive ? script_describer()(path) : describe_safetensors(path);
  return text + line("SHA-256", sha256_of_file(path));
}

}  // namespace md
