#pragma once

#include <string>
#include <string_view>

namespace md {

/// SHA-256 of a file's bytes as lower-case hex. Throws FileError when it cannot be read.
std::string sha256_of_file(const std::string& path);
std::string sha256_of_text(std::string_view text);

}  // namespace md
