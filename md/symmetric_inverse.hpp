#pragma once

#include <cstddef>
#include <vector>

namespace md {

/// Inverse of a symmetric positive definite matrix [n, n] by elimination, which needs no pivots
/// there.
inline std::vector<double> symmetric_inverse(std::vector<double> a, std::size_t n) {
  std::vector<double> b(a.size(), 0);
  for (std::size_t i = 0; i < n; ++i) b[i * n + i] = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const double pivot = 1 / a[i * n + i];
    for (std::size_t k = 0; k < n; ++k) a[i * n + k] *= pivot, b[i * n + k] *= pivot;
    for (std::size_t row = 0; row < n; ++row) {
      const double factor = a[row * n + i];
      if (row == i || factor == 0) continue;
      for (std::size_t k = 0; k < n; ++k) {
        a[row * n + k] -= factor * a[i * n + k];
        b[row * n + k] -= factor * b[i * n + k];
      }
    }
  }
  return b;
}

}  // namespace md
