#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "md/version.hpp"

namespace md {

/// Stands in every shared object with a component in it, so that the version it was compiled for is
/// known before any of its code runs: this text, the version, a zero.
inline constexpr std::string_view stamp_text = "understudy plug-in, compiled for version ";
[[gnu::used]] inline constexpr auto stamp = [] {
  std::array<char, stamp_text.size() + sizeof version> text{};
  std::copy(std::begin(version), std::end(version),
            std::copy(stamp_text.begin(), stamp_text.end(), text.begin()));
  return text;
}();

/// Whether a part of Understudy that needs more libraries than the program, "torch", is there:
/// understudy/libunderstudy_torch.so beside the engine's library.
bool part_is_installed(const std::string& part);

/// Loads a part; its registrations supply what the engine has declared only. Where the environment
/// variable UNDERSTUDY_INSTALL_PART holds a command, that runs first, with `--torch` as its
/// argument, and installs or updates it. Throws ResourceError where the part is not there, which
/// begins with `wanted_by`: "the potential 'torchscript'".
void load_part(const std::string& part, const std::string& wanted_by);

/// Loads somebody's shared object, whose potentials, integrators and writers register themselves.
/// Throws InputError for a file that is no plug-in, is one for another version, cannot be loaded,
/// or holds a component whose name is taken.
void load_plugin(const std::string& path);

/// For registries: why they cannot take an entry. What loads the shared object reports it, since
/// nothing can be thrown out of its initialisation.
void refuse_registration(const std::string& why);

}  // namespace md
