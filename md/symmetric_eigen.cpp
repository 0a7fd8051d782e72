#include "md/symmetric_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace md {
namespace {

/// Turns rows p and q of a matrix [n, n] into each other.
void turn_rows(std::vector<double>& m, std::size_t n, std::size_t p, std::size_t q, double c,
               double s) {
  double *const a = &m[p * n], *const b = &m[q * n];
  for (std::size_t k = 0; k < n; ++k) {
    const double x = a[k], y = b[k];
    a[k] = c * x - s * y;
    b[k] = s * x + c * y;
  }
}

/// Makes the element (p, q) zero.
void rotate(std::vector<double>& a, std::vector<double>& v, std::size_t n, std::size_t p,
            std::size_t q) {
  const double app = a[p * n + p], aqq = a[q * n + q], apq = a[p * n + q];
  const double cotangent = (aqq - app) / (2 * apq);  // of twice the angle
  const double t = std::copysign(1, cotangent) / (std::abs(cotangent) + std::hypot(cotangent, 1));
  const double c = 1 / std::hypot(t, 1), s = t * c;
  turn_rows(a, n, p, q, c, s);
  turn_rows(v, n, p, q, c, s);
  for (std::size_t k = 0; k < n; ++k) {
    a[k * n + p] = a[p * n + k];
    a[k * n + q] = a[q * n + k];
  }
  a[p * n + p] = app - t * apq;
  a[q * n + q] = aqq + t * apq;
  a[p * n + q] = a[q * n + p] = 0;
}

}  // namespace

SymmetricEigen symmetric_eigen(std::vector<double> a, std::size_t n) {
  std::vector<double> v(n * n, 0);
  for (std::size_t k = 0; k < n; ++k) v[k * n + k] = 1;
  double size = 0;
  for (const double x : a) size = std::max(size, std::abs(x));
  bool turned = true;
  for (int sweep = 0; turned && sweep < 60; ++sweep) {
    turned = false;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (!(std::abs(a[p * n + q]) > 1e-17 * size)) continue;
        rotate(a, v, n, p, q);
        turned = true;
      }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t k) { return a[k * n + k]; });
  SymmetricEigen result;
  for (const std::size_t k : order) {
    result.values.push_back(a[k * n + k]);
    const auto row = v.begin() + static_cast<std::ptrdiff_t>(k * n);
    result.vectors.insert(result.vectors.end(), row, row + static_cast<std::ptrdiff_t>(n));
  }
  return result;
}

}  // namespace md
