#pragma once

#include <cstddef>
#include <vector>

namespace md {

struct SymmetricEigen {
  std::vector<double> values;   // [n] in rising order
  std::vector<double> vectors;  // [n, n] row k, of length one, belongs to value k
};

/// Of a symmetric matrix [n, n], by Jacobi's rotations (C. G. J. Jacobi, J. reine angew. Math. 30,
/// 51 (1846)): slower than others for thousands of rows, and as exact as they come.
SymmetricEigen symmetric_eigen(std::vector<double> matrix, std::size_t n);

}  // namespace md
