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
  // Results of others make room for those that are written beside them.
  EXPECT_EQ(remarks("energy=-3 Stress=\"1 2\" a=1 pbc=\"F F F\" free_energy=2 b=2"),
            "reference_energy=-3 reference_stress=\"1 2\" a=1 reference_free_energy=2 b=2");
  EXPECT_EQ(remarks("energy=-3 reference_energy=-4"), "reference2_energy=-3 reference_energy=-4");
  EXPECT_EQ(remarks("some words, and a number 5"), "comment=\"some words, and a number 5\"");
  EXPECT_EQ(remarks("a = 1 \"b c\" = 'x y' it's d=\"open"),
            "a=1 \"b c\"='x y' d=\"\\\"open\" comment=\"it's\"");
  Structure s = awkward(2);
  s.remarks = remarks(kept);
  ExtendedXyzFields fields;
  fields.energy = 1;
  fields.remarks = s.remarks;
  std::ostringstream out;
  write_extended_xyz(out, s, fields);
  EXPECT_EQ(read_structures(test::write_text(folder / "b.xyz", out.str())).at(0).remarks,
            "reference_energy=1 " + kept);
}

TEST(ExtendedXyz, KeepsFurtherColumnsAsTheyStand) {
  const TemporaryFolder folder;
  const std::string text =
      "2\nProperties=tags:I:1:species:S:1:forces:R:3:pos:R:3:masses:R:1:move_mask:L:1\n"
      "07 D 1 2 3 0 0 0 2.5 T\n8 O 1.0 2 3 4 0 0 15.999 F\n";
  const Structure s = read_structures(write_text(folder / "a.xyz", text)).at(0);
  EXPECT_EQ(s.columns, "tags:I:1:reference_forces:R:3:masses:R:1:move_mask:L:1");
  EXPECT_EQ(s.column_text, (std::vector<std::string>{" 07 1 2 3 2.5 T", " 8 1.0 2 3 15.999 F"}));
  EXPECT_EQ(s.numbers, (std::vector{1, 8}));
  EXPECT_EQ(s.masses, (std::vector{2.5, 15.999}));
  EXPECT_EQ(s.fixed, (std::vector<char>{0, 1}));
}

TEST(ExtendedXyz, MassesAndHeldAtomsReadBack) {
  const TemporaryFolder folder;
  Structure s = awkward(2);
  s.masses = {2.014, standard_mass(s.numbers[1])};
  s.fixed = {0, 1};
  ExtendedXyzFields fields;
  fields.velocities = XyzVelocities::momenta;
  std::ostringstream out;
  write_extended_xyz(out, s, fields);
  const Structure t = read_structures(write_text(folder / "a.xyz", out.str())).at(0);
  EXPECT_EQ(t.masses, s.masses);
  EXPECT_EQ(t.fixed, s.fixed);
  EXPECT_NEAR(t.velocities[0].z, s.velocities[0].z, 1e-15);
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
