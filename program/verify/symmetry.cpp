#include <cmath>

#include "program/random_moves.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace {

Vec3 centroid(const Structure& system) {
  Vec3 sum;
  for (const Vec3& x : system.positions) sum += x;
  return (1.0 / system.size()) * sum;
}

VerifyRow energy_row(const VerifyCase& c, const std::string& what, double figure, bool claimed) {
  return judge(at_most("energy: " + what, figure, c.energy_bound(), "eV"), claimed);
}

VerifyRow force_row(const VerifyCase& c, const std::string& what, double figure, bool claimed) {
  return judge(at_most("forces: " + what, figure, c.force_bound(), "eV/A"), claimed);
}

}  // namespace

std::vector<VerifyRow> check_rotation(const VerifyCase& c) {
  constexpr int n_rotations = 8;
  RandomMoves random;
  // What is bound to a place turns about the origin.
  const Vec3 center = c.traits.translation_invariant ? centroid(c.system) : Vec3{};
  std::vector<Structure> turned(n_rotations, c.system);
  std::vector<Mat3> rotations;
  for (Structure& s : turned) {
    const Mat3 r = rotations.emplace_back(random.rotation());
    for (Vec3& x : s.positions) x = center + (x - center) * r;
    for (Vec3& row : s.cell.row) row = row * r;
  }
  const std::vector<Evaluation> results = c.evaluator.evaluate(turned);
  double low = c.start.energy, high = low, worst = 0;
  for (int k = 0; k < n_rotations; ++k) {
    high = larger(high, results[k].energy);
    low = -larger(-low, -results[k].energy);
    std::vector<Vec3> wanted = c.start.forces;
    for (Vec3& f : wanted) f = f * rotations[k];
    worst = larger(worst, largest_difference(results[k].forces, wanted));
  }
  return {energy_row(c, "spread over 8 rotations", high - low, c.traits.rotation_invariant),
          force_row(c, "turn with the system", worst, c.traits.rotation_invariant)};
}

std::vector<VerifyRow> check_translation(const VerifyCase& c) {
  Structure moved = c.system;
  for (Vec3& x : moved.positions) x += Vec3{3.71, -2.13, 5.39};  // no fraction of any cell
  const Evaluation result = c.evaluator.evaluate(moved);
  const bool claimed = c.traits.translation_invariant;
  return {
      energy_row(c, "moved as a whole", std::abs(result.energy - c.start.energy), claimed),
      force_row(c, "moved as a whole", largest_difference(result.forces, c.start.forces), claimed)};
}

std::vector<VerifyRow> check_permutation(const VerifyCase& c) {
  const int n = c.system.size();
  if (n < 2) return {not_applicable("atoms in another order", "a single atom")};
  RandomMoves random;
  const std::vector<int> order = random.order(n);
  Structure shuffled = c.system;
  std::vector<Vec3> wanted(n);
  for (int k = 0; k < n; ++k) {
    shuffled.numbers[k] = c.system.numbers[order[k]];
    shuffled.positions[k] = c.system.positions[order[k]];
    wanted[k] = c.start.forces[order[k]];
  }
  const Evaluation result = c.evaluator.evaluate(shuffled);
  return {energy_row(c, "atoms in another order", std::abs(result.energy - c.start.energy), true),
          force_row(c, "atoms in another order", largest_difference(result.forces, wanted), true)};
}

std::vector<VerifyRow> check_net_force(const VerifyCase& c) {
  const Vec3 center = centroid(c.system);
  Vec3 force, torque;
  double arms = 0;
  for (int i = 0; i < c.system.size(); ++i) {
    const Vec3 arm = c.system.positions[i] - center;
    force += c.start.forces[i];
    torque += cross(arm, c.start.forces[i]);
    arms += dot(arm, arm);
  }
  // Errors of the atoms are independent of each other: their sum grows with the root.
  std::vector<VerifyRow> rows{
      judge(at_most("net force", norm(force), c.force_bound() * std::sqrt(c.system.size()), "eV/A"),
            c.traits.translation_invariant)};
  const char* const name = "net torque";
  if (c.system.periodic.any())
    rows.push_back(not_applicable(name, "periodic"));
  else if (!c.traits.translation_invariant)
    rows.push_back(not_applicable(name, "the potential is bound to a place"));
  else
    rows.push_back(judge(at_most(name, norm(torque), c.force_bound() * std::sqrt(1 + arms), "eV"),
                         c.traits.rotation_invariant));
  return rows;
}

}  // namespace md
