#pragma once

#include <tbb/cache_aligned_allocator.h>

#include <cstddef>
#include <vector>

namespace md::painn {

template <class T>
using Aligned = std::vector<T, tbb::cache_aligned_allocator<T>>;

/// Columns of a packed panel, and what every width is padded to (with zeros, which stay zero).
inline constexpr int panel = 32;
inline int padded(int width) { return (width + panel - 1) / panel * panel; }

/// Columns of a packed matrix.
template <class T>
struct MatrixView {
  int rows = 0;
  const T *data = nullptr, *bias = nullptr;  // no bias: null
  const T* panel_of(int column) const {
    return data + static_cast<std::size_t>(column / panel) * rows * panel;
  }
};

/// A matrix B [rows, columns] for products C = A B, in panels of 32 columns: element (k, n) stands
/// at [n / 32][k][n % 32]. The bias, one number per column, may be empty.
template <class T>
struct PackedMatrix {
  int rows = 0, columns = 0;
  Aligned<T> data, bias;

  operator MatrixView<T>() const {
    return {rows, data.data(), bias.empty() ? nullptr : bias.data()};
  }
  /// The columns from `column` on, a multiple of 32.
  MatrixView<T> from(int column) const {
    return {rows, MatrixView<T>(*this).panel_of(column),
            bias.empty() ? nullptr : bias.data() + column};
  }
};

}  // namespace md::painn
