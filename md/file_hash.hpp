#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace md {

/// SHA-256 of a file's first bytes, without a number of all, as lower-case hex. Throws FileError
/// when it cannot be read.
std::string sha256_of_file(const std::string& path,
                           std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max());
std::string sha256_of_text(std::string_view text);

}  // namespace md
