#include "md/minimizer/minimizer.hpp"

#include <gtest/gtest.h>

#include <random>

#include "md/minimizer/descent.hpp"
#include "tests/potentials/evaluate_batch.hpp"

namespace md::test {
namespace {

constexpr double epsilon = 0.1, sigma = 3;  // eV, A

Evaluator lennard_jones(const std::string& cutoff = "60") {
  return {
      test_device(), 1,
      make_potential("lennard_jones",
                     {{"epsilon", "0.1"}, {"sigma", "3"}, {"cutoff", cutoff}, {"shift", "no"}})};
}

Structure argon(std::vector<Vec3> positions) {
  Structure s;
  s.numbers.assign(positions.size(), 18);
  s.positions = std::move(positions);
  return s;
}

void shake(Structure& s, double size, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> move(-size, size);
  for (Vec3& x : s.positions) x += Vec3{move(random), move(random), move(random)};
}

/// An icosahedron around an atom, its edges about as long as the best distance of two.
Structure icosahedron() {
  const double golden = (1 + std::sqrt(5)) / 2, half = 0.55 * sigma;
  std::vector<Vec3> x{{}};
  for (const double a : {-half, half})
    for (const double b : {-half * golden, half * golden})
      for (const Vec3& v : {Vec3{0, a, b}, Vec3{a, b, 0}, Vec3{b, 0, a}}) x.push_back(v);
  return argon(std::move(x));
}

Structure chain(int n, double distance) {
  std::vector<Vec3> x;
  for (int i = 0; i < n; ++i) x.push_back({distance * i, 0.1 * (i % 2), 0.05 * (i % 3)});
  return argon(std::move(x));
}

Structure fcc(double a) {
  Structure s = argon({{0, 0, 0}, {0, a / 2, a / 2}, {a / 2, 0, a / 2}, {a / 2, a / 2, 0}});
  s.cell = {{{a, 0, 0}, {0, a, 0}, {0, 0, a}}};
  s.periodic = {true, true, true};
  return s;
}

class Minimizers : public testing::TestWithParam<std::string> {
 protected:
  MinimizeOptions options(double tolerance, int steps = 2000) const {
    MinimizeOptions o;
    o.method = GetParam();
    o.force_tolerance = tolerance;
    o.max_steps = steps;
    return o;
  }
};

TEST_P(Minimizers, FindTheOriginOfAHarmonicWell) {
  Evaluator evaluator(test_device(), 1, make_potential("harmonic", {{"stiffness", "3"}}));
  Structure s = argon({{1, 2, -0.5}, {0.3, -4, 0}});
  const Minimized m = std::move(Minimizer(evaluator, options(1e-8)).minimize({&s, 1})[0]);
  EXPECT_TRUE(m.converged);
  EXPECT_LT(m.evaluation.energy, 1e-16);
  for (const Vec3& x : m.structure.positions) EXPECT_LE(norm(x), 1e-8 / 3 * 1.001);
}

TEST_P(Minimizers, FindTheDistanceOfADimerFromBothSides) {
  Evaluator evaluator = lennard_jones();
  const std::vector<Structure> dimers{argon({{}, {2.2, 0, 0}}), argon({{}, {3, 3, 1}})};
  for (const Minimized& m : Minimizer(evaluator, options(1e-7)).minimize(dimers)) {
    EXPECT_TRUE(m.converged);
    EXPECT_NEAR(m.evaluation.energy, -epsilon, 1e-12);
    EXPECT_NEAR(norm(m.structure.positions[1] - m.structure.positions[0]),
                std::pow(2, 1.0 / 6) * sigma, 1e-6);
  }
}

// Energy of the global minimum of 13 atoms: M. R. Hoare and P. Pal, Adv. Phys. 20, 161 (1971).
TEST_P(Minimizers, FindTheIcosahedronOfThirteenAtoms) {
  Evaluator evaluator = lennard_jones();
  Structure s = icosahedron();
  shake(s, 0.25, 1);
  const Minimized m = std::move(Minimizer(evaluator, options(1e-6)).minimize({&s, 1})[0]);
  EXPECT_TRUE(m.converged);
  EXPECT_NEAR(m.evaluation.energy / epsilon, -44.326801, 1e-6);
}

TEST_P(Minimizers, GiveASystemTheSameBitsAloneAndInABatch) {
  Evaluator evaluator = lennard_jones("9");
  std::vector<Structure> systems;
  for (unsigned k = 0; k < 300; ++k) {
    systems.push_back(k % 7 == 0 ? icosahedron() : chain(2 + static_cast<int>(k % 5), 3.3));
    shake(systems.back(), 0.2, k);
  }
  Minimizer minimizer(evaluator, options(1e-4));
  const std::vector<Minimized> together = minimizer.minimize(systems);
  ASSERT_EQ(together.size(), systems.size());
  for (std::size_t k = 0; k < systems.size(); k += 23) {
    const Minimized alone = std::move(minimizer.minimize({&systems[k], 1})[0]);
    EXPECT_TRUE(alone.converged);
    EXPECT_EQ(alone.steps, together[k].steps);
    EXPECT_EQ(alone.evaluation.energy, together[k].evaluation.energy);
    EXPECT_EQ(largest_difference(alone.structure.positions, together[k].structure.positions), 0);
    EXPECT_EQ(largest_difference(alone.evaluation.forces, together[k].evaluation.forces), 0);
  }
}

TEST_P(Minimizers, LeaveHeldAtomsWhereTheyAre) {
  Evaluator evaluator = lennard_jones();
  Structure s = argon({{}, {5, 0, 0}, {8, 3, 0}});
  s.fixed = {1, 1, 0};
  const Minimized m = std::move(Minimizer(evaluator, options(1e-6)).minimize({&s, 1})[0]);
  EXPECT_TRUE(m.converged);
  EXPECT_EQ(norm(m.structure.positions[0]), 0);
  EXPECT_EQ(norm(m.structure.positions[1] - Vec3{5, 0, 0}), 0);
  EXPECT_LE(norm(m.evaluation.forces[2]), 1e-6);
  EXPECT_GT(norm(m.evaluation.forces[1]), 1e-3);
}

TEST_P(Minimizers, StopAtTheCapWithTheLowestEnergySoFar) {
  Evaluator evaluator = lennard_jones();
  Structure s = icosahedron();
  shake(s, 0.5, 3);
  const double before = evaluator.evaluate(s).energy;
  const Minimized m = std::move(Minimizer(evaluator, options(1e-9, 4)).minimize({&s, 1})[0]);
  EXPECT_FALSE(m.converged);
  EXPECT_EQ(m.steps, 4);
  EXPECT_LT(m.evaluation.energy, before);
  EXPECT_EQ(evaluator.evaluate(m.structure).energy, m.evaluation.energy);
}

TEST_P(Minimizers, ComeBackFromAtomsThatNearlyTouch) {
  Evaluator evaluator = lennard_jones();
  Structure s = argon({{}, {0.3, 0, 0}, {0, 3, 0}});
  const Minimized m = std::move(Minimizer(evaluator, options(1e-6)).minimize({&s, 1})[0]);
  EXPECT_TRUE(m.converged);
  EXPECT_NEAR(m.evaluation.energy, -3 * epsilon, 1e-9);
}

// Lattice sums of face-centred cubic, A6 = 14.45392 and A12 = 12.13188 (J. E. Jones and A. E.
// Ingham, Proc. R. Soc. A 107, 636 (1925)): E = -A6^2/(2 A12) epsilon for an atom, nearest distance
// (2 A12/A6)^(1/6) sigma. The cutoff takes 0.2 % of the energy.
TEST_P(Minimizers, RelaxACrystalWithItsCell) {
  Evaluator evaluator = lennard_jones("24");
  Structure stretched = fcc(4.9);
  stretched.cell = {{{4.9, 0.1, 0}, {0.05, 4.6, 0.1}, {0, -0.1, 4.7}}};
  shake(stretched, 0.05, 2);
  MinimizeOptions o = options(1e-5);
  o.stress_tolerance = 1e-7;
  for (const auto cell : {CellRelaxation::isotropic, CellRelaxation::full}) {
    o.cell = cell;
    const Structure start = cell == CellRelaxation::full ? stretched : fcc(4.4);
    const Minimized m = std::move(Minimizer(evaluator, o).minimize({&start, 1})[0]);
    EXPECT_TRUE(m.converged);
    EXPECT_NEAR(m.evaluation.energy / 4 / epsilon, -14.45392 * 14.45392 / 2 / 12.13188, 0.025);
    const double a = std::sqrt(2) * std::pow(2 * 12.13188 / 14.45392, 1.0 / 6) * sigma;
    EXPECT_NEAR(std::cbrt(std::abs(determinant(m.structure.cell))), a, 2e-3 * a);
    for (int k = 0; k < 3; ++k) EXPECT_NEAR(norm(m.structure.cell[k]), a, 2e-3 * a);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Minimizers, testing::ValuesIn(descents().names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace md::test
