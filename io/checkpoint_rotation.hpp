#pragma once

#include "md/files.hpp"

namespace md {

/// Puts a new file in its place; what was there becomes path.1, that path.2 and so on, as long as
/// `keep` files remain. Older ones are removed. Throws FileError.
void rotate_into_place(AtomicFile& file, int keep);

}  // namespace md
