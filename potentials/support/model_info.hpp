#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "md/potential.hpp"

namespace md {

/// What is known of a model file.
struct ModelInfo {
  std::string potential;     // the potential that runs it, registered in this program or not
  std::string architecture;  // "": a TorchScript file
  Description description;   // architecture, size, cutoff, elements, units, teacher, ...
  std::int64_t parameters = 0;
  std::vector<std::pair<std::string, std::int64_t>> modules;  // parameters of each
  Description metadata;                                       // what else the file says of itself
};

/// Throws InputError for a file that is no model of a known kind.
ModelInfo model_info(const std::string& path);

/// What `understudy models FILE` prints: lines `name: value`, the parameters module by module, and
/// the SHA-256 of the file.
std::string describe_model(const std::string& path);

/// The reader of TorchScript files, set by the build that has LibTorch; else empty.
std::function<ModelInfo(const std::string& path)>& script_reader();

}  // namespace md
