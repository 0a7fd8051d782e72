#pragma once

namespace md {

/// The version of Understudy whose headers these are; CMake reads it from here.
inline constexpr char version[] = "0.1.0";

}  // namespace md
