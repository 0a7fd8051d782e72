#include <gtest/gtest.h>

#include "md/errors.hpp"
#include "tests/potentials/evaluate_batch.hpp"

namespace md::test {
namespace {

TEST(Harmonic, EnergyAndForcesAreThoseOfSprings) {
  const auto potential = make_potential("harmonic", {{"stiffness", "2.5 eV/A^2"}});
  Structure s;
  s.numbers = {1, 8};
  s.positions = {{1, -2, 0.5}, {0, 0, 3}};
  Structure other = s;
  other.positions[0] = {};
  const BatchResult result = evaluate_batch(*potential, {s, other});
  EXPECT_DOUBLE_EQ(result.energy[0], 0.5 * 2.5 * (5.25 + 9));
  EXPECT_DOUBLE_EQ(result.energy[1], 0.5 * 2.5 * 9);
  EXPECT_DOUBLE_EQ(result.forces[0][0].x, -2.5);
  EXPECT_DOUBLE_EQ(result.forces[0][0].y, 5);
  EXPECT_DOUBLE_EQ(result.forces[1][1].z, -7.5);
  EXPECT_LT(force_error(*potential, s, 1e-4, 2), 1e-9);
}

TEST(Harmonic, DeclaresWhatItIs) {
  const auto potential = make_potential("harmonic", {{"stiffness", "1"}});
  const PotentialTraits& traits = potential->traits();
  EXPECT_EQ(traits.cutoff, 0);
  EXPECT_TRUE(traits.aperiodic && traits.conservative && traits.rotation_invariant);
  EXPECT_FALSE(traits.periodic || traits.virial || traits.translation_invariant);
}

TEST(Harmonic, RefusesStiffnessThatIsNotPositive) {
  EXPECT_THROW(make_potential("harmonic", {}), InputError);
  for (const char* value : {"0", "-1", "soft"})
    EXPECT_THROW(make_potential("harmonic", {{"stiffness", value}}), InputError) << value;
}

}  // namespace
}  // namespace md::test
