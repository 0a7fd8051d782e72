#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "md/registry.hpp"
#include "md/structure.hpp"

namespace md {

/// A format of structure files; the file that reads it registers it.
struct StructureFormat {
  std::string help;                     // "plain or extended XYZ"
  std::vector<std::string> extensions;  // that tell it, in lower case: ".xyz"
  /// Every frame of the file `path`, which holds `text`. Throws InputError "path:line: what is
  /// wrong and what is wanted".
  std::function<std::vector<Structure>(const std::string& path, std::string_view text)> read;
};

/// The formats of system.structure by name.
Registry<StructureFormat>& structure_formats();

/// Every frame of a structure file as one system, by the format that its extension names. `source`
/// of each is the path, with the frame's number (from 1) where there are several. Throws InputError
/// "path:line: what is wrong and what is wanted"; see validate() for what a file cannot say.
std::vector<Structure> read_structures(const std::string& path);

}  // namespace md
