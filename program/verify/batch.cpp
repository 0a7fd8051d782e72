#include <algorithm>
#include <cmath>

#include "program/random_moves.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace {

constexpr int most_atoms = 4096;  // of a system that is doubled

/// Two copies, `shift` apart.
Structure doubled(const Structure& system, const Vec3& shift) {
  Structure result = system;
  result.velocities.clear();
  for (int i = 0; i < system.size(); ++i) {
    result.numbers.push_back(system.numbers[i]);
    result.positions.push_back(system.positions[i] + shift);
  }
  return result;
}

double extent(const Structure& system) {
  double low = system.positions[0].x, high = low;
  for (const Vec3& x : system.positions) low = std::min(low, x.x), high = std::max(high, x.x);
  return high - low;
}

}  // namespace

std::vector<VerifyRow> check_size(const VerifyCase& c) {
  const char* const claim = "energy: two copies are twice one";
  const int n = c.system.size();
  if (!c.traits.translation_invariant)
    return {not_applicable(claim, "the potential is bound to a place")};
  if (2 * n > most_atoms) return {not_applicable(claim, "more than 2048 atoms")};
  Structure two;
  std::string remark;
  if (c.system.periodic.any()) {
    // A cell twice as long along one of its periodic rows holds the same crystal.
    const int k = c.system.periodic[0] ? 0 : c.system.periodic[1] ? 1 : 2;
    two = doubled(c.system, c.system.cell[k]);
    two.cell[k] *= 2;
    remark = "the cell doubled";
  } else {
    // Far beyond any cutoff; where there is none, what is left of the long-range part counts.
    const double apart = std::max(100.0, 2 * c.traits.cutoff);
    two = doubled(c.system, {extent(c.system) + apart, 0, 0});
    remark = std::to_string(static_cast<int>(apart)) + " A apart";
  }
  const Evaluation result = c.evaluator.evaluate(two);
  double force = 0;
  for (int i = 0; i < 2 * n; ++i)
    force = larger(force, norm(result.forces[i] - c.start.forces[i % n]));
  return {judge(at_most(claim, std::abs(result.energy - 2 * c.start.energy),
                        10 * c.energy_noise(2 * n, result.energy), "eV", remark),
                true),
          // Forces that are no gradient may be balanced over the whole system, as Orb's are.
          judge(at_most("forces: of two copies as of one", force, c.force_bound(), "eV/A"),
                c.traits.conservative)};
}

std::vector<VerifyRow> check_batch(const VerifyCase& c) {
  const bool strict = c.input.choice("run.determinism") == "strict";
  RandomMoves random;
  // Systems of other sizes and geometries before and after it.
  Structure less = c.system;
  const int n = c.system.size();
  if (n > 1) {
    less.numbers.pop_back();
    less.positions.pop_back();
    less.velocities.clear();
  }
  const std::vector<Structure> batch{random.shaken(c.system, 0.05), less, c.system,
                                     random.shaken(c.system, 0.05)};
  const Evaluation result = c.evaluator.evaluate(batch)[2];
  const double force = largest_difference(result.forces, c.start.forces);
  const std::string remark = strict ? "determinism = strict: the same bits" : "";
  return {judge(at_most("energy: in a batch as alone", std::abs(result.energy - c.start.energy),
                        strict ? 0 : c.energy_bound(), "eV", remark),
                true),
          judge(at_most("forces: in a batch as alone", force, strict ? 0 : c.force_bound(), "eV/A",
                        remark),
                true)};
}

}  // namespace md
