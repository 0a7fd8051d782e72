#pragma once

#include <string>

#include "io/checkpoint.hpp"
#include "md/input/input.hpp"

namespace md {

/// The keys that no restart may change, with their values, for a checkpoint.
std::string fixed_settings(const Input& input);
/// Throws InputError that names the key where one has another value than the checkpoint's.
void check_settings(const Checkpoint& checkpoint, const Input& now);

}  // namespace md
