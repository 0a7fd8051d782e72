#include "potentials/support/architecture.hpp"

#include <algorithm>

#include "md/errors.hpp"

namespace md {
namespace {

std::map<std::string, Architecture>& registry() {
  static std::map<std::string, Architecture> architectures;
  return architectures;
}

/// The names of all architectures: "orb-v2, painn and seed-student".
std::string known(const std::string& last_separator) {
  std::string text;
  std::size_t left = architectures().size();
  for (const auto& [name, architecture] : architectures())
    text += name + (--left == 0 ? "" : left == 1 ? last_separator : ", ");
  return text;
}

}  // namespace

bool add_architecture(const std::string& name, Architecture architecture) {
  return registry().emplace(name, std::move(architecture)).second;
}

const std::map<std::string, Architecture>& architectures() { return registry(); }

std::string architecture_of(const Safetensors& file) {
  for (const char* key : {"architecture", "arch"}) {
    if (!file.metadata().contains(key)) continue;
    const std::string said = file.metadata(key);
    for (const auto& [name, architecture] : architectures())
      if (said == name || std::ranges::count(architecture.aliases, said) > 0) return name;
    throw InputError(file.path() + ": metadata '" + key + "' is '" + said +
                     "'; known architectures are " + known(" and "));
  }
  for (const auto& [name, architecture] : architectures())
    if (file.has(architecture.telling_tensor)) return name;
  throw InputError(file.path() +
                   ": the architecture is not known: no metadata 'architecture', and the tensor "
                   "names are not those of " +
                   known(" or "));
}

void require_architecture(const Safetensors& file, const std::string& wanted) {
  const std::string found = architecture_of(file);
  if (found != wanted)
    throw InputError(file.path() + ": is a model of architecture " + found + "; " + wanted +
                     " is wanted");
}

}  // namespace md
