#include "potentials/painn/training_domain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "md/errors.hpp"
#include "tests/potentials/painn/random_painn.hpp"

namespace md::test {
namespace {

using namespace painn;

/// Water with both bonds at random near 0.96 A.
Structure water(Random& random, double bond = 0.96) {
  std::normal_distribution<double> normal(0, 0.03);
  Structure s;
  s.numbers = {8, 1, 1};
  const double a = bond + normal(random), b = bond + normal(random), angle = 1.82 + normal(random);
  s.positions = {{0, 0, 0}, {a, 0, 0}, {b * std::cos(angle), b * std::sin(angle), 0}};
  return s;
}

double largest(const TrainingDomain& domain, const Structure& s) {
  const auto novelty = domain.novelty(s.numbers, s.positions);
  return *std::max_element(novelty.begin(), novelty.end());
}

class Domain : public testing::Test {
 protected:
  Domain() {
    for (int k = 0; k < 200; ++k) data_.push_back(water(random_));
    for (const Structure& s : data_) domain_.add(s.numbers, s.positions);
    domain_.finish_means();
    for (const Structure& s : data_) domain_.widen(s.numbers, s.positions);
  }
  Random random_{5};
  std::vector<Structure> data_;
  TrainingDomain domain_{{1, 8}};
};

TEST_F(Domain, HoldsItsData) {
  double most = 0;
  for (const Structure& s : data_) most = std::max(most, largest(domain_, s));
  EXPECT_NEAR(most, 1, 1e-12);  // by definition the farthest has 1
}

TEST_F(Domain, HoldsWhatIsLikeItsDataAndNothingElse) {
  int outside = 0;
  for (int k = 0; k < 100; ++k) outside += largest(domain_, water(random_)) > 1;
  EXPECT_LT(outside, 5);
  EXPECT_GT(largest(domain_, water(random_, 1.5)), 1.5);
  Structure other = data_[0];
  other.numbers[0] = 7;
  EXPECT_TRUE(std::isinf(largest(domain_, other)));
}

TEST_F(Domain, IsTheSameInAnyOrderAndPlace) {
  Structure turned = data_[3];
  for (Vec3& x : turned.positions) x = {x.z + 5, -x.x, x.y};
  std::swap(turned.positions[1], turned.positions[2]);
  EXPECT_NEAR(largest(domain_, turned), largest(domain_, data_[3]), 1e-9);
}

TEST_F(Domain, ComesBackFromItsText) {
  const TrainingDomain back = TrainingDomain::read(domain_.text(), "a file");
  for (int k = 0; k < 20; ++k)
    EXPECT_NEAR(largest(back, data_[k]), largest(domain_, data_[k]), 1e-3);
  EXPECT_THROW(TrainingDomain::read("{}", "a file"), InputError);
  EXPECT_THROW(TrainingDomain::read("no json", "a file"), InputError);
}

}  // namespace
}  // namespace md::test
