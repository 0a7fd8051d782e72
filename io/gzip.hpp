#pragma once

#include <string>

namespace md {

/// Whether the content of a file is compressed by gzip.
bool is_gzip(const std::string& content);
/// What was compressed, of all members one after another. Throws InputError naming `path` when the
/// content is damaged or ends too soon.
std::string gunzip(const std::string& path, std::string content);

}  // namespace md
