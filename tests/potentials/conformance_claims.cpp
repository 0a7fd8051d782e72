#include <cmath>

#include "program/verify/verify.hpp"
#include "tests/device.hpp"
#include "tests/potentials/conformance.hpp"

namespace md::test {
namespace {

std::vector<Claim> claims_of(const PotentialTraits& traits) {
  std::vector<Claim> claims{check_rotation,    check_translation, check_net_force,
                            check_permutation, check_size,        check_batch};
  if (traits.conservative) claims.insert(claims.end(), {check_forces, check_virial});
  // Where forces are no gradient the scan has no slopes to go by: ten thousand steps on each path,
  // unless single precision is soon content.
  if (traits.conservative || traits.force_noise > 1e-6) claims.push_back(check_continuity);
  return claims;
}

}  // namespace

std::map<std::string, std::string> broken_claims(std::unique_ptr<Potential> potential,
                                                 const std::vector<Structure>& systems) {
  const Input input(
      Input::Schema{{"run", {{"determinism", Kind::choice, "fast", "", "fast|strict"}}}});
  Evaluator evaluator(test_device(), 1, std::move(potential));
  const PotentialTraits traits = evaluator.potential().traits();
  std::map<std::string, std::string> broken;
  for (const Structure& system : systems) {
    VerifyCase c{input,
                 evaluator,
                 traits,
                 system,
                 evaluator.evaluate(system, traits.virial),
                 traits.force_noise,
                 0};
    for (const Vec3& f : c.start.forces) c.largest_force = larger(c.largest_force, norm(f));
    if (!(std::isfinite(c.start.energy) && c.largest_force > 0.1))
      broken[system.source] = "there is nothing to compare";
    for (const Claim claim : claims_of(traits))
      for (const VerifyRow& row : claim(c))
        if (row.verdict == Verdict::fail)
          broken[row.claim] = system.source + ":" + verify_line(row);
  }
  return broken;
}

}  // namespace md::test
