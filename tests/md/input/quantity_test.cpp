#include "md/input/quantity.hpp"

#include <gtest/gtest.h>

#include "md/errors.hpp"
#include "md/units.hpp"

namespace md::test {
namespace {

TEST(Quantity, ConvertsUnits) {
  EXPECT_DOUBLE_EQ(parse_quantity("0.5 fs", Kind::time), 0.5);
  EXPECT_DOUBLE_EQ(parse_quantity("10ps", Kind::time), 10000);
  EXPECT_DOUBLE_EQ(parse_quantity("+1e-3 ns", Kind::time), 1000);
  EXPECT_DOUBLE_EQ(parse_quantity("0.34 nm", Kind::length), 3.4);
  EXPECT_DOUBLE_EQ(parse_quantity("1 Å", Kind::length), 1);
  EXPECT_DOUBLE_EQ(parse_quantity("1 /ps", Kind::frictions), 1e-3);
  EXPECT_DOUBLE_EQ(parse_quantity("1/ps", Kind::frictions), 1e-3);
  EXPECT_DOUBLE_EQ(parse_quantity("2 /fs", Kind::frictions), 2);
  EXPECT_DOUBLE_EQ(parse_quantity("2 h", Kind::wall_time), 7200);
  EXPECT_DOUBLE_EQ(parse_quantity("1 hartree", Kind::energy), 27.211386245988);
  // 1 kcal/mol = 0.0433641 eV, 1 K = 8.617333e-5 eV (CODATA 2018)
  EXPECT_NEAR(parse_quantity("1 kcal/mol", Kind::energy), 0.0433641042, 1e-10);
  EXPECT_NEAR(parse_quantity("120 K", Kind::energy), 120 * 8.617333262e-5, 1e-12);
}

TEST(Quantity, WithoutUnitIsInTheUnitsOfTheEngine) {
  EXPECT_DOUBLE_EQ(parse_quantity("2", Kind::time), 2);
  EXPECT_DOUBLE_EQ(parse_quantity("2", Kind::frictions), 2e-3);
  EXPECT_DOUBLE_EQ(parse_quantity("300", Kind::temperature), 300);
}

TEST(Quantity, TheUnitOfAPlainNumberIsNamedFirst) {
  for (Kind kind : {Kind::length, Kind::energy, Kind::stiffness, Kind::force, Kind::time,
                    Kind::wall_time, Kind::temperature, Kind::frictions}) {
    const std::vector<std::string> names = units_of(kind).names;
    ASSERT_FALSE(names.empty());
    EXPECT_EQ(parse_quantity("1 " + names[0], kind), parse_quantity("1", kind)) << names[0];
    for (std::size_t k = 1; k < names.size(); ++k)
      EXPECT_NE(parse_quantity("1 " + names[k], kind), parse_quantity("1", kind)) << names[k];
  }
  EXPECT_TRUE(units_of(Kind::integer).names.empty());
}

TEST(Quantity, RefusesWhatIsNoNumberOrHasAnotherUnit) {
  for (const char* text :
       {"", "fs", "1 K", "1 fss", "nan", "inf", "1e999", "1,5", "--1", "0x10 fs"})
    EXPECT_THROW(parse_quantity(text, Kind::time), InputError) << text;
  EXPECT_THROW(parse_quantity("3 A", Kind::number), InputError);
}

TEST(Quantity, WholeNumbersMayBeTypedWithAnExponent) {
  EXPECT_EQ(parse_integer("20000"), 20000);
  EXPECT_EQ(parse_integer("2e4"), 20000);
  for (const char* text : {"1.5", "1e20", "ten", "3 steps", "", "0.1"})
    EXPECT_THROW(parse_integer(text), InputError) << text;
}

// NIST CODATA 2018 recommended values, in other units than the header derives them from.
TEST(Units, AgreeWithCodata2018) {
  EXPECT_NEAR(units::boltzmann, 8.617333262e-5, 1e-14);         // eV/K
  EXPECT_NEAR(1 / units::kinetic_to_ev, 9.64853321e-3, 1e-11);  // eV/(u A^2/fs^2)
  EXPECT_NEAR(units::force_to_acceleration * units::kinetic_to_ev, 1, 1e-15);
  EXPECT_NEAR(units::ev_per_a3_to_gpa, 160.2176634, 1e-9);
}

}  // namespace
}  // namespace md::test
