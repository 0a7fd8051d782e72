#include "md/structure.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <random>

#include "md/cell.hpp"
#include "md/errors.hpp"

namespace md::test {
namespace {

Structure pair(double distance) {
  Structure s;
  s.numbers = {6, 8};
  s.positions = {{0, 0, 0}, {0, 0, distance}};
  s.source = "pair.xyz";
  return s;
}

Structure periodic(const Mat3& cell, std::vector<Vec3> positions) {
  Structure s;
  s.numbers.assign(positions.size(), 18);
  s.positions = std::move(positions);
  s.cell = cell;
  s.periodic = {true, true, true};
  s.source = "box.xyz";
  return s;
}

const Mat3 cube{{{10, 0, 0}, {0, 10, 0}, {0, 0, 10}}};

std::string complaint(const Structure& s) {
  try {
    validate(s);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Elements, SymbolsAndNumbersAreInverse) {
  EXPECT_STREQ(symbol(1), "H");
  EXPECT_STREQ(symbol(17), "Cl");
  EXPECT_STREQ(symbol(118), "Og");
  for (int z = 1; z <= 118; ++z) EXPECT_EQ(atomic_number(symbol(z)), z);
  for (const char* none : {"", "o", "OW", "CL", "X", "D"})
    EXPECT_EQ(atomic_number(none), 0) << none;
}

// IUPAC, Meija et al., Pure Appl. Chem. 88, 265 (2016): conventional atomic weights.
TEST(Elements, MassesAreTheStandardAtomicWeights) {
  EXPECT_EQ(standard_mass(1), 1.008);
  EXPECT_EQ(standard_mass(6), 12.011);
  EXPECT_EQ(standard_mass(7), 14.007);
  EXPECT_EQ(standard_mass(8), 15.999);
  EXPECT_EQ(standard_mass(17), 35.45);
  EXPECT_EQ(standard_mass(18), 39.948);
  EXPECT_EQ(standard_mass(79), 196.966569);
  EXPECT_EQ(standard_mass(118), 294.214);
  EXPECT_THROW(standard_mass(0), InputError);
  EXPECT_THROW(standard_mass(119), InputError);
}

TEST(Periodicity, CountsItsDirectionsAndReadsItsBitsBack) {
  for (int bits = 0; bits < 8; ++bits) {
    const Periodicity p = Periodicity::from_bits(bits);
    EXPECT_EQ(p.bits(), bits);
    const int n = p[0] + p[1] + p[2];
    EXPECT_EQ(p.any(), n > 0);
    EXPECT_EQ(p.all(), n == 3);
    EXPECT_EQ(p, Periodicity(p[0], p[1], p[2]));
    Periodicity other = p;
    other.set(1, !p[1]);
    EXPECT_EQ(other.bits(), bits ^ 2);
  }
}

TEST(FirstAtoms, AreWhereEachSystemBegins) {
  std::vector<Structure> systems(3);
  systems[0].numbers = {8, 1, 1};
  systems[2].numbers = {18};
  EXPECT_EQ(first_atoms(systems), (std::vector{0, 3, 3, 4}));
  EXPECT_EQ(first_atoms({}), std::vector{0});
}

TEST(Formula, FollowsHill) {
  EXPECT_EQ(formula({8, 6, 1, 1, 6, 1, 8, 1}), "C2H4O2");
  EXPECT_EQ(formula({8, 1, 1}), "H2O");
  EXPECT_EQ(formula({17, 11}), "ClNa");
  EXPECT_EQ(formula({6, 35, 1, 17, 7}), "CHBrClN");
}

TEST(Validate, TakesWhatCanBeSimulated) {
  EXPECT_EQ(complaint(pair(1.1)), "");
  EXPECT_EQ(complaint(periodic(cube, {{0, 0, 0}, {5, 5, 5}})), "");
  Structure slab = periodic({{{10, 0, 0}, {0, 10, 0}, {0, 0, 0}}}, {{0, 0, 0}, {0, 0, 1}});
  slab.periodic = {true, true, false};
  EXPECT_EQ(complaint(slab), "");
  Structure wire = periodic({{{0, 0, 0}, {0, 0, 0}, {1, 2, 3}}}, {{0, 0, 0}, {0, 0, 1}});
  wire.periodic = {false, false, true};
  EXPECT_EQ(complaint(wire), "");
}

TEST(Validate, NamesTheSourceAndTheAtomsTooClose) {
  const std::string text = complaint(pair(0.004));
  EXPECT_EQ(text.find("pair.xyz: "), 0u) << text;
  EXPECT_NE(text.find("C (atom 1) and O (atom 2) are 0.004 A apart"), std::string::npos) << text;
  EXPECT_EQ(complaint(pair(0.0101)), "");
  EXPECT_NE(complaint(pair(0)), "");
}

TEST(Validate, SeesAtomsThatMeetAcrossTheBoundary) {
  EXPECT_NE(complaint(periodic(cube, {{0.002, 1, 1}, {9.996, 1, 1}})), "");
  EXPECT_EQ(complaint(periodic(cube, {{0.02, 1, 1}, {9.99, 1, 1}})), "");
  EXPECT_NE(complaint(periodic(cube, {{0.001, 0.001, 0.001}, {9.999, 19.999, -10.001}})), "");
  EXPECT_NE(complaint(periodic(cube, {{1, 2, 3}, {1 + 70, 2 - 30, 3 + 10}})), "");
  const Mat3 skewed{{{10, 0, 0}, {9, 10, 0}, {-7, 8, 10}}};
  const Vec3 shift = Vec3{2, -1, 3} * skewed;
  EXPECT_NE(complaint(periodic(skewed, {{1, 2, 3}, Vec3{1, 2, 3.005} + shift})), "");
  EXPECT_EQ(complaint(periodic(skewed, {{1, 2, 3}, Vec3{1, 2, 3.05} + shift})), "");
  Structure open = periodic(cube, {{0.002, 1, 1}, {9.996, 1, 1}});
  open.periodic = {false, true, true};
  EXPECT_EQ(complaint(open), "");
}

TEST(Validate, RefusesCellsWithoutVolume) {
  for (const Mat3& cell : {Mat3{}, Mat3{{{10, 0, 0}, {0, 10, 0}, {10, 10, 0}}},
                           Mat3{{{10, 0, 0}, {0, 10, 0}, {0, 0, 0.005}}},
                           Mat3{{{10, 0, 0}, {0, 10, 0}, {0, 0, std::nan("")}}}})
    EXPECT_NE(complaint(periodic(cell, {{0, 0, 0}})), "");
}

TEST(Validate, RefusesWhatIsNoSystem) {
  Structure empty;
  EXPECT_NE(complaint(empty), "");
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_NE(complaint(pair(bad)), "");
    Structure s = pair(1);
    s.velocities = {{0, 0, 0}, {bad, 0, 0}};
    EXPECT_NE(complaint(s), "");
  }
  Structure unknown = pair(1);
  unknown.numbers[1] = 119;
  EXPECT_NE(complaint(unknown), "");
  Structure missing = pair(1);
  missing.positions.pop_back();
  EXPECT_NE(complaint(missing), "");
}

TEST(Validate, AgreesWithAllPairs) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  const Mat3 cell{{{0.5, 0.1, 0}, {-0.2, 0.6, 0.1}, {0.3, 0.3, 0.7}}};
  int n_close = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Vec3> x;
    for (int i = 0; i < 40; ++i)
      x.push_back(Vec3{4 * uniform(random), -3 * uniform(random), uniform(random)} * cell);
    double nearest = 1;
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        for (int n = 0; n < 9 * 9 * 9; ++n) {
          const Vec3 shift = Vec3{n % 9 - 4.0, n / 9 % 9 - 4.0, n / 81 - 4.0} * cell;
          nearest = std::min(nearest, norm(x[i] - x[j] + shift));
        }
    n_close += nearest < 0.01;
    EXPECT_EQ(complaint(periodic(cell, x)).empty(), nearest >= 0.01) << nearest;
  }
  EXPECT_GT(n_close, 2);
  EXPECT_LT(n_close, 198);
}

TEST(Validate, IsFastForACrystalOfAHundredThousandAtoms) {
  std::vector<Vec3> x;
  for (int i = 0; i < 100000; ++i)
    x.push_back({2.5 * (i % 50), 2.5 * (i / 50 % 50), 2.5 * (i / 2500)});
  const Structure s = periodic({{{125, 0, 0}, {0, 125, 0}, {0, 0, 100}}}, x);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(complaint(s), "");
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(time.count(), 5);  // all pairs would take longer even when optimised
}

TEST(CompleteCell, AddsVectorsAtRightAnglesToThePeriodicOnes) {
  const Mat3 plane{{{1, 2, 3}, {0, 0, 0}, {-2, 1, 1}}};
  const Mat3 full = complete_cell(plane, {true, false, true}, 5);
  EXPECT_NEAR(norm(full[1]), 5, 1e-12);
  EXPECT_NEAR(dot(full[1], full[0]), 0, 1e-12);
  EXPECT_NEAR(dot(full[1], full[2]), 0, 1e-12);
  const Mat3 line = complete_cell({{{0, 0, 0}, {1, 1, 1}, {0, 0, 0}}}, {false, true, false}, 2);
  EXPECT_NEAR(std::abs(determinant(line)), 4 * std::sqrt(3), 1e-12);
}

}  // namespace
}  // namespace md::test
