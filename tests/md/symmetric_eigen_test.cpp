#include "md/symmetric_eigen.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace md::test {
namespace {

TEST(SymmetricEigen, GivesTheOscillationsOfAChain) {
  // A chain of n springs between walls: 2 - 2 cos(pi k/(n + 1)), k = 1 ... n.
  constexpr std::size_t n = 40;
  std::vector<double> chain(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    chain[i * n + i] = 2;
    if (i > 0) chain[i * n + i - 1] = chain[(i - 1) * n + i] = -1;
  }
  const SymmetricEigen eigen = symmetric_eigen(chain, n);
  for (std::size_t k = 0; k < n; ++k) {
    EXPECT_NEAR(eigen.values[k], 2 - 2 * std::cos(std::numbers::pi * (k + 1.0) / (n + 1)), 1e-13);
    double square = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double image = 0;
      for (std::size_t j = 0; j < n; ++j) image += chain[i * n + j] * eigen.vectors[k * n + j];
      EXPECT_NEAR(image, eigen.values[k] * eigen.vectors[k * n + i], 1e-13);
      square += eigen.vectors[k * n + i] * eigen.vectors[k * n + i];
    }
    EXPECT_NEAR(square, 1, 1e-13);
  }
}

TEST(SymmetricEigen, TakesNothingAndWhatIsDiagonalAlready) {
  EXPECT_TRUE(symmetric_eigen({}, 0).values.empty());
  const SymmetricEigen eigen = symmetric_eigen({3, 0, 0, 0, -1, 0, 0, 0, 0}, 3);
  EXPECT_EQ(eigen.values, (std::vector<double>{-1, 0, 3}));
}

}  // namespace
}  // namespace md::test
