#include "program/distill/dataset.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

namespace md::test {
namespace {

/// Ethane's heavy atoms with one hydrogen each, in a row, and a triangle of carbons.
SampledFrames two_groups() {
  SampledFrames f;
  f.groups = {{"chain", Part::training}, {"ring", Part::training}};
  Structure chain, ring;
  chain.numbers = {1, 6, 6, 1};
  chain.positions = {{-1.09, 0, 0}, {0, 0, 0}, {1.5, 0, 0}, {2.59, 0, 0}};
  ring.numbers = {6, 6, 6};
  ring.positions = {{0, 0, 0}, {1.5, 0, 0}, {0.75, 1.3, 0}};
  f.structures = {chain, ring};
  f.group = {0, 1};
  return f;
}

TEST(Dataset, DropsWhatIsNearAnEarlierFrameOrKnown) {
  SampledFrames f = two_groups();
  for (const double shift : {0.0, 0.001, 0.2}) {
    Structure s = f.structures[0];
    s.positions[3].x += shift;
    s.positions[0].y += 7;  // moving the whole would not matter; this does
    s.positions[0].y -= 7;
    f.structures.push_back(s);
    f.group.push_back(0);
  }
  f.structures.push_back(f.structures[0]);  // of another trajectory that began alike
  f.group.push_back(1);
  SampledFrames nearly = f;
  nearly.structures.back().positions[2].z += 1e-3;  // as text with few decimals, say
  EXPECT_EQ(drop_duplicates(f, 0.01), 3u);
  EXPECT_EQ(f.group, (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(drop_duplicates(nearly, 0.01), 3u);
  EXPECT_EQ(nearly.group, (std::vector<int>{0, 1, 0}));
  Dataset known;
  known.structures.push_back({f.structures[1].numbers, f.structures[1].positions, 0, {}});
  for (Vec3& x : known.structures[0].positions) x.y *= 1.0001;
  EXPECT_EQ(drop_duplicates(f, 0.01, {&known}), 1u);
  EXPECT_EQ(f.group, (std::vector<int>{0, 0}));
}

TEST(Dataset, FindsEnergiesAndForcesInDifferentUnits) {
  // A spring between two atoms along a vibration, sampled every 0.02 A.
  const auto vibration = [](double energy_unit, double force_unit) {
    Dataset data;
    data.groups = {{"H2", Part::training}};
    for (int k = 0; k < 60; ++k) {
      const double x = 0.74 + 0.1 * std::sin(0.2 * k), f = -35 * (x - 0.74);
      data.structures.push_back({{1, 1},
                                 {{0, 0, 0}, {x, 0, 0}},
                                 energy_unit * (17.5 * (x - 0.74) * (x - 0.74) - 31.7),
                                 {{-force_unit * f, 0, 0}, {force_unit * f, 0, 0}}});
      data.group.push_back(0);
    }
    return data;
  };
  EXPECT_NEAR(energy_over_work(vibration(1, 1)), 1, 1e-9);
  EXPECT_NEAR(energy_over_work(vibration(1 / 27.2114, 1)), 1 / 27.2114, 1e-9);
  EXPECT_NEAR(energy_over_work(vibration(1, -1)), -1, 1e-9);
  Dataset few = vibration(3, 1);
  few.structures.resize(2);
  few.group.resize(2);
  EXPECT_EQ(energy_over_work(few), 1);
}

TEST(Dataset, StretchesOneBondAndMovesTheSmallerPart) {
  SampledFrames f = two_groups();
  const SampledFrames before = f;
  add_stretched(f, 200, 3);
  ASSERT_EQ(f.structures.size(), 402u);
  double shortest = 10, longest = 0;
  for (std::size_t k = 2; k < f.structures.size(); ++k) {
    const Structure& s = f.structures[k];
    if (f.group[k] != 0) continue;
    int changed = 0;
    for (const auto& [i, j] : {std::pair(0, 1), {1, 2}, {2, 3}}) {
      const double was =
          norm(before.structures[0].positions[i] - before.structures[0].positions[j]);
      const double now = norm(s.positions[i] - s.positions[j]);
      changed += std::abs(now - was) > 1e-12;
      if (i != 1) continue;
      shortest = std::min(shortest, now);
      longest = std::max(longest, now);
    }
    EXPECT_LE(changed, 1);
  }
  EXPECT_GE(shortest, 0.6);
  EXPECT_LT(shortest, 0.8);
  EXPECT_LE(longest, 3.0 + 1e-12);
  EXPECT_GT(longest, 2.7);
}

TEST(Dataset, ShiftsAreThoseOfAnExactFit) {
  std::vector<painn::LabelledStructure> data;
  for (const auto& [h, o] : {std::pair(2, 1), {4, 1}, {2, 2}, {0, 3}}) {
    painn::LabelledStructure s;
    s.numbers.assign(h, 1);
    s.numbers.insert(s.numbers.end(), o, 8);
    s.energy = -13.6 * h - 2041.25 * o;
    data.push_back(s);
  }
  std::vector<const painn::LabelledStructure*> pointers;
  for (const auto& s : data) pointers.push_back(&s);
  const std::vector<double> shifts = fit_shifts(pointers, 9);
  EXPECT_NEAR(shifts[1], -13.6, 1e-4);
  EXPECT_NEAR(shifts[8], -2041.25, 1e-4);
  EXPECT_EQ(shifts[6], 0);
}

TEST(Dataset, ComesBackFromItsFile) {
  Dataset d;
  d.groups = {{"H2", Part::validation}, {"OH", Part::test}};
  d.structures = {{{1, 1}, {{0, 0, 0}, {0.7, 0.1, 1e-9}}, -31.5, {{1, 2, 3}, {-1, -2, -3}}},
                  {{8, 1}, {{0, 0, 0}, {1, 0, 0}}, -2060.123456789012, {{0, 0, 0}, {0, 0, 0}}}};
  d.group = {1, 0};
  const std::string path = testing::TempDir() + "dataset_" + std::to_string(::getpid());
  d.write(path);
  const Dataset back = Dataset::read(path);
  std::filesystem::remove(path);
  ASSERT_EQ(back.structures.size(), 2u);
  EXPECT_EQ(back.group, d.group);
  EXPECT_EQ(back.groups[1].name, "OH");
  EXPECT_EQ(back.groups[1].part, Part::test);
  for (int k = 0; k < 2; ++k) {
    EXPECT_EQ(back.structures[k].numbers, d.structures[k].numbers);
    EXPECT_EQ(back.structures[k].energy, d.structures[k].energy);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(norm(back.structures[k].positions[i] - d.structures[k].positions[i]), 0);
      EXPECT_EQ(norm(back.structures[k].forces[i] - d.structures[k].forces[i]), 0);
    }
  }
}

}  // namespace
}  // namespace md::test
