#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "md/potential.hpp"
#include "potentials/support/safetensors.hpp"

namespace md {

/// How model files of one architecture are recognised and described. The folder of the potential
/// that runs them registers it, in a file that needs no LibTorch.
struct Architecture {
  std::string potential;                  // the registered potential that runs it
  std::vector<std::string> aliases = {};  // further names that the metadata may give it
  std::string telling_tensor;             // a tensor that only its files have
  /// What the architecture's own reader knows, its name first. Throws InputError for a file that
  /// cannot be run.
  Description (*describe)(const Safetensors& file);
  std::set<std::string> buffers = {};  // tensors of fixed numbers, not parameters
  /// Metadata that is not fit to be printed, and what is said instead.
  std::map<std::string, std::string> unprintable = {};
};

/// Adds an architecture under the name that metadata and messages use.
bool add_architecture(const std::string& name, Architecture architecture);
/// All architectures of this program by name.
const std::map<std::string, Architecture>& architectures();

/// The name of a file's architecture: from the metadata `architecture` or `arch`, else from the
/// tensor names. Throws InputError for anything else.
std::string architecture_of(const Safetensors& file);

/// Throws InputError unless the file is of this architecture.
void require_architecture(const Safetensors& file, const std::string& wanted);

}  // namespace md
