#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "md/input/key.hpp"

namespace md {

/// A number with an optional unit of the kind, in internal units (A, fs, eV, eV/A, K; friction
/// 1/fs; wall time s). Without a unit the number is in A, fs, eV, K, and friction in 1/ps. Throws
/// InputError "'3 K' has no unit of time; use fs, ps, ns" for anything else, infinities included.
double parse_quantity(std::string_view text, Kind kind);

/// What a kind is called and the units it takes, that of a plain number first, other spellings left
/// out; no units where there are none.
struct Units {
  std::string noun;  // "length"
  std::vector<std::string> names;
};
Units units_of(Kind kind);

/// A whole number; 20000 may also be typed as 2e4. Throws InputError.
long long parse_integer(std::string_view text);

}  // namespace md
