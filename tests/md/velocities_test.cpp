#include "md/velocities.hpp"

#include <gtest/gtest.h>

#include "md/random.hpp"
#include "md/units.hpp"

namespace md::test {
namespace {

Vec3 momentum(const Structure& s) {
  Vec3 sum;
  for (int i = 0; i < s.size(); ++i) sum += standard_mass(s.numbers[i]) * s.velocities[i];
  return sum;
}

Vec3 angular_momentum(const Structure& s) {
  Vec3 sum;
  for (int i = 0; i < s.size(); ++i)
    sum += standard_mass(s.numbers[i]) * cross(s.positions[i], s.velocities[i]);
  return sum;
}

Structure water() {
  return {{8, 1, 1}, {{5, 1, 2}, {5.76, 1.59, 2}, {4.24, 1.59, 2}}, {}, {}, {}, "water", ""};
}

TEST(RemoveDrift, StopsTranslationAndRotation) {
  Structure s = water();
  draw_velocities(s, 300, 1, 0);
  EXPECT_EQ(remove_drift(s), 6);
  EXPECT_LT(norm(momentum(s)), 1e-15);
  EXPECT_LT(norm(angular_momentum(s)), 1e-14);
}

TEST(RemoveDrift, CountsWhatThereIsToRemove) {
  Structure carbon_dioxide{
      {6, 8, 8}, {{0, 0, 0}, {0.7, 0.7, 0.6}, {-0.7, -0.7, -0.6}}, {}, {}, {}, "", ""};
  draw_velocities(carbon_dioxide, 300, 1, 0);
  EXPECT_EQ(remove_drift(carbon_dioxide), 5);
  EXPECT_LT(norm(angular_momentum(carbon_dioxide)), 1e-14);
  Structure atom{{18}, {{1, 2, 3}}, {}, {}, {}, "", ""};
  EXPECT_EQ(remove_drift(atom), 3);
  Structure periodic = water();
  periodic.cell = {{{9, 0, 0}, {0, 9, 0}, {0, 0, 9}}};
  periodic.periodic = {true, true, true};
  EXPECT_EQ(remove_drift(periodic), 3);
}

TEST(RemoveDrift, LeavesASystemAtRestAlone) {
  Structure s = water();
  s.velocities.assign(3, {});
  const Structure before = s;
  remove_drift(s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(norm(s.velocities[i]), 0);
}

TEST(DrawVelocities, HaveTheMaxwellBoltzmannVariance) {
  const int n = 20000;
  Structure s;
  s.numbers.assign(n, 18);
  s.positions.resize(n);
  draw_velocities(s, 120, 7, 3);
  double kinetic = 0;
  for (const Vec3& v : s.velocities)
    kinetic += 0.5 * units::kinetic_to_ev * standard_mass(18) * dot(v, v);
  // <E> = 3/2 N kT with relative standard deviation sqrt(2 / 3N) = 0.58 %.
  EXPECT_NEAR(kinetic / (1.5 * n * units::boltzmann * 120), 1, 4 * 0.0058);
}

TEST(DrawVelocities, DependOnSeedAndTheReplicasOwnNumberAlone) {
  Structure a = water(), b = water(), c = water();
  draw_velocities(a, 300, 1, 5);
  draw_velocities(b, 300, 1, 5);
  draw_velocities(c, 300, 1, 6);
  EXPECT_EQ(a.velocities[2].x, b.velocities[2].x);
  EXPECT_NE(a.velocities[2].x, c.velocities[2].x);
}

TEST(DrawVelocities, KnowsMassesAndHeldAtoms) {
  Structure a = water(), b = water();
  b.masses = {standard_mass(8), 4 * standard_mass(1), standard_mass(1)};
  b.fixed = {0, 0, 1};
  draw_velocities(a, 300, 1, 5);
  draw_velocities(b, 300, 1, 5);
  EXPECT_NEAR(b.velocities[1].x, a.velocities[1].x / 2, 1e-15);
  EXPECT_EQ(norm(b.velocities[2]), 0);
  const Structure before = b;
  EXPECT_EQ(remove_drift(b), 0);  // held atoms keep it in place
  EXPECT_EQ(b.velocities[0].x, before.velocities[0].x);
}

TEST(Normal3, HasTheMomentsOfThreeIndependentNormalNumbers) {
  const int n = 200000;
  double mean[3]{}, square[3]{}, fourth[3]{}, mixed = 0;
  for (int i = 0; i < n; ++i) {
    const Vec3 x = normal3(2026, 1, i, 0, Draw::thermostat);
    for (int k = 0; k < 3; ++k) {
      mean[k] += x[k] / n;
      square[k] += x[k] * x[k] / n;
      fourth[k] += x[k] * x[k] * x[k] * x[k] / n;
    }
    mixed += (x.x * x.y + x.y * x.z + x.z * x.x) / n;
  }
  const double sigma = 1 / std::sqrt(n);
  for (int k = 0; k < 3; ++k) {
    EXPECT_NEAR(mean[k], 0, 4 * sigma);
    EXPECT_NEAR(square[k], 1, 4 * std::sqrt(2) * sigma);
    EXPECT_NEAR(fourth[k], 3, 4 * std::sqrt(96) * sigma);
  }
  EXPECT_NEAR(mixed, 0, 4 * std::sqrt(3) * sigma);
}

TEST(Normal3, EveryPartOfTheCounterCounts) {
  const Vec3 x = normal3(1, 2, 3, 4, Draw::thermostat);
  EXPECT_EQ(x.x, normal3(1, 2, 3, 4, Draw::thermostat).x);
  EXPECT_NE(x.x, normal3(9, 2, 3, 4, Draw::thermostat).x);
  EXPECT_NE(x.x, normal3(1, 9, 3, 4, Draw::thermostat).x);
  EXPECT_NE(x.x, normal3(1, 2, 3 + (std::int64_t{1} << 32), 4, Draw::thermostat).x);
  EXPECT_NE(x.x, normal3(1, 2, 3, 9, Draw::thermostat).x);
  EXPECT_NE(x.x, normal3(1, 2, 3, 4, Draw::initial_velocity).x);
}

}  // namespace
}  // namespace md::test
