#pragma once

#include <functional>
#include <string>

namespace md {

/// What `understudy models FILE` prints: architecture, parameters module by module and in all,
/// cutoff, elements, units, teacher, the other metadata, and the SHA-256 of the file; of a
/// TorchScript file its signature, parameters and adapter. Ends with a line feed. Throws InputError
/// for a file that is no model of a known kind.
std::string describe_model(const std::string& path);

/// The description of a TorchScript file, set by the build that has LibTorch; else empty.
std::function<std::string(const std::string& path)>& script_describer();

}  // namespace md
