#pragma once

#include <string>

namespace md {

/// "understudy 0.1.0 (CPU; with LibTorch; netCDF 4.9.0; g++ 12.2.0)".
std::string version_text();

}  // namespace md
