#pragma once

#include <string>

namespace md {

/// `understudy --help`, or of one verb. Throws InputError for a verb that is not there.
std::string help_text(const std::string& verb);
/// "understudy 0.1.0 (CPU; LibTorch 2.11.0; netCDF 4.9.0)".
std::string version_text();

}  // namespace md
