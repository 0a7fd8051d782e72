#pragma once

#include <cstddef>

namespace md::painn {

/// Makes room for `size` elements; keeps what a larger size has allocated.
void grow(auto& array, std::size_t size) {
  if (array.size() < size) array.resize(size);
}

}  // namespace md::painn
