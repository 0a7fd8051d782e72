#pragma once

#include <torch/csrc/jit/api/module.h>

#include <map>
#include <string>
#include <vector>

#include "md/device/device.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

/// A TorchScript file, in evaluation mode, its weights without gradients.
struct ScriptModel {
  torch::jit::Module module;
  std::string path;
  std::map<std::string, std::string> metadata;  // of the entries that adapters ask for, those there

  /// Arguments of forward() after self.
  std::vector<c10::Argument> arguments() const;
  bool takes(const std::string& argument) const;
  /// Whether forward() takes a dictionary of tensors, and nothing else that has no default.
  bool takes_dictionary() const;
  /// The one number of a buffer or attribute of that name; 0 where there is none.
  double number(const std::string& name) const;
  /// The integers of the buffer `atomic_numbers`; empty where there is none.
  std::vector<int> atomic_numbers() const;
  /// "forward(Tensor numbers, Tensor positions) -> Tensor".
  std::string signature() const;
};

/// Throws InputError for any other file.
ScriptModel load_script(const std::string& path, const Device& device);

}  // namespace md
