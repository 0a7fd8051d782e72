#pragma once

#include <string>

namespace md {

/// Waits until a file's content is on the disk. Throws FileError.
void sync_file(const std::string& path);

/// Moves `temporary` to `path` in one step; what was there becomes path.1, that path.2 and so on,
/// as long as `keep` files remain. Older ones are removed. Throws FileError.
void rotate_into_place(const std::string& temporary, const std::string& path, int keep);

}  // namespace md
