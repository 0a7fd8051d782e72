#include "md/hydrogen_mass.hpp"

#include <gtest/gtest.h>

#include "md/errors.hpp"

namespace md::test {
namespace {

Structure water() {
  return {{8, 1, 1}, {{0, 0, 0}, {0.76, 0.59, 0}, {-0.76, 0.59, 0}}, {}, {}, {}, "water", ""};
}

TEST(HydrogenMass, IsTakenFromTheAtomItIsBoundTo) {
  Structure s = water();
  const double total = s.mass(0) + s.mass(1) + s.mass(2);
  repartition_hydrogen(s, 3);
  EXPECT_EQ(s.mass(1), 3);
  EXPECT_EQ(s.mass(2), 3);
  EXPECT_NEAR(s.mass(0), total - 6, 1e-12);
  repartition_hydrogen(s, 3);  // once more changes nothing
  EXPECT_NEAR(s.mass(0), total - 6, 1e-12);
}

TEST(HydrogenMass, IsTakenAcrossTheBoundaryOfACell) {
  Structure s = water();
  s.cell = {{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}};
  s.periodic = {true, true, true};
  s.positions[1].x += 18;
  s.positions[2].y -= 9;
  repartition_hydrogen(s, 2);
  EXPECT_NEAR(s.mass(0), standard_mass(8) - 2 * (2 - standard_mass(1)), 1e-12);
}

TEST(HydrogenMass, RefusesWhatCannotGiveIt) {
  Structure hydrogen{{1, 1}, {{0, 0, 0}, {0.74, 0, 0}}, {}, {}, {}, "hydrogen", ""};
  EXPECT_THROW(repartition_hydrogen(hydrogen, 3), InputError);
  Structure s = water();
  EXPECT_THROW(repartition_hydrogen(s, 7), InputError);
}

}  // namespace
}  // namespace md::test
