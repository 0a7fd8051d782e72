#include "io/extended_xyz.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>

#include "io/structure_reader.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

Structure awkward(int n) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  Structure s;
  for (int i = 0; i < n; ++i) {
    s.numbers.push_back(1 + i % 118);
    const double scale = std::pow(10.0, i % 40 - 20);
    s.positions.push_back({uniform(random), scale * uniform(random), -0.0});
    s.velocities.push_back({scale * uniform(random), 5e-324, 1.0 / 3});
  }
  s.cell = {{{10.1, 0.1, 0}, {1.0 / 3, 11, 0}, {0, 0, 0}}};
  s.periodic = {true, true, false};
  return s;
}

Structure round_trip(const Structure& s, XyzVelocities velocities) {
  const TemporaryFolder folder;
  std::ostringstream out;
  ExtendedXyzFields fields;
  fields.velocities = velocities;
  fields.info = {{"reason", "not a \"number\"\\ at\nstep=3 Lattice=\"0\""}, {"empty", ""}};
  fields.energy = -1.25;
  fields.forces = s.positions;
  write_extended_xyz(out, s, fields);
  return read_structures(write_text(folder / "a.xyz", out.str())).at(0);
}

void expect_same_bits(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (int k = 0; k < 3; ++k) {
      EXPECT_EQ(a[i][k], b[i][k]);
      EXPECT_EQ(std::signbit(a[i][k]), std::signbit(b[i][k]));
    }
}

TEST(ExtendedXyz, ReadsBackBitByBit) {
  const Structure s = awkward(500);
  const Structure t = round_trip(s, XyzVelocities::velocities);
  EXPECT_EQ(t.numbers, s.numbers);
  EXPECT_EQ(t.periodic, s.periodic);
  expect_same_bits(t.positions, s.positions);
  expect_same_bits(t.velocities, s.velocities);
  for (int k = 0; k < 9; ++k) EXPECT_EQ(t.cell[k / 3][k % 3], s.cell[k / 3][k % 3]);
}

TEST(ExtendedXyz, MomentaGiveTheVelocitiesBackToRounding) {
  const Structure s = awkward(300);
  const Structure t = round_trip(s, XyzVelocities::momenta);
  for (std::size_t i = 0; i < s.velocities.size(); ++i) {
    EXPECT_NEAR(t.velocities[i].x, s.velocities[i].x, 4e-16 * std::abs(s.velocities[i].x));
    EXPECT_NEAR(t.velocities[i].z, s.velocities[i].z, 2e-16);
  }
}

TEST(ExtendedXyz, KeepsWhatItDoesNotUnderstand) {
  const TemporaryFolder folder;
  const std::string head = "1\nProperties=species:S:1:pos:R:3 ", tail = "\nH 0 0 0\n";
  const auto remarks = [&](const std::string& comment) {
    return read_structures(test::write_text(folder / "a.xyz", head + comment + tail)).at(0).remarks;
  };
  const std::string kept = "config_type=\"bulk \\\"a\\\"\" REF_energy=-1.5 spin={1 2} k='v w'";
  EXPECT_EQ(remarks(kept), kept);
  EXPECT_EQ(remarks("energy=-3 Stress=\"1 2 3 4 5 6 7 8 9\" a=1 pbc=\"F F F\" free_energy=2 b=2"),
            "a=1 b=2");
  EXPECT_EQ(remarks("some words, and a number 5"), "");
  Structure s = awkward(2);
  s.remarks = remarks(kept);
  ExtendedXyzFields fields;
  fields.energy = 1;
  fields.remarks = s.remarks;
  std::ostringstream out;
  write_extended_xyz(out, s, fields);
  EXPECT_EQ(read_structures(test::write_text(folder / "b.xyz", out.str())).at(0).remarks, kept);
}

TEST(ExtendedXyz, AnAperiodicSystemHasNoLattice) {
  Structure s = awkward(2);
  s.periodic = {false, false, false};
  std::ostringstream out;
  write_extended_xyz(out, s, {});
  EXPECT_EQ(out.str().find("Lattice"), std::string::npos);
  EXPECT_NE(out.str().find("pbc=\"F F F\""), std::string::npos);
  EXPECT_TRUE(round_trip(s, XyzVelocities::none).velocities.empty());
}

}  // namespace
}  // namespace md::test
