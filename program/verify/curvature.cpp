#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "program/components.hpp"
#include "program/surroundings.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace {

constexpr std::array steps{1e-4, 1e-3, 1e-2};  // A
constexpr std::size_t most_centers = 8;        // of one system

/// An atom of a system and a line through its place.
struct Line {
  const Structure* system;
  int atom;
  Vec3 direction;
  Structure at(double t) const {
    Structure s = *system;
    s.positions[atom] += t * direction;
    return s;
  }
};

/// Molecules of the kind on which networks of vector features fail, near their minima; A.
std::vector<Structure> known_molecules() {
  const auto molecule = [](std::vector<int> numbers, std::vector<Vec3> positions) {
    Structure s;
    s.numbers = std::move(numbers);
    s.positions = std::move(positions);
    return s;
  };
  constexpr double ch = 1.09 / 1.7320508075688772;
  return {
      molecule({6, 1, 1, 1, 1}, {{}, {ch, ch, ch}, {ch, -ch, -ch}, {-ch, ch, -ch}, {-ch, -ch, ch}}),
      molecule({6, 8, 8}, {{}, {0, 0, 1.178}, {0, 0, -1.178}}),
      molecule({6, 6, 1, 1}, {{0, 0, 0.607}, {0, 0, -0.607}, {0, 0, 1.673}, {0, 0, -1.673}}),
      molecule({6, 7, 1}, {{}, {0, 0, 1.176}, {0, 0, -1.070}}),
      molecule({7, 7}, {{}, {0, 0, 1.10}})};
}

/// Along the shortest bond of each symmetric center and between its two shortest.
void add_lines(const Structure& system, std::vector<Line>& lines) {
  std::vector<int> centers = symmetric_centers(system);
  centers.resize(std::min(centers.size(), most_centers));
  for (const int i : centers) {
    std::vector<Vec3> bonds;
    for (int j = 0; j < system.size(); ++j)
      if (j != i) bonds.push_back(system.positions[j] - system.positions[i]);
    std::sort(bonds.begin(), bonds.end(),
              [](const Vec3& a, const Vec3& b) { return dot(a, a) < dot(b, b); });
    const Vec3 along = (1 / norm(bonds[0])) * bonds[0];
    const Vec3 between = along + (1 / norm(bonds[1])) * bonds[1];
    lines.push_back({&system, i, along});
    if (norm(between) > 0.1) lines.push_back({&system, i, (1 / norm(between)) * between});
  }
}

/// The same potential in float64; null where it is so already, or has no such choice.
std::unique_ptr<Potential> in_double(const VerifyCase& c) {
  Input input = c.input;
  if (c.force_noise < 1e-8 || !input.takes("potential.precision") ||
      input.text("potential.precision") == "float64")
    return nullptr;
  input.set("potential.precision", "float64", "verify");
  return make_potential(input, c.evaluator.device());
}

}  // namespace

std::vector<VerifyRow> check_curvature(const VerifyCase& c) {
  const char* const claim = "curvature at symmetric centers, 1e-4 to 1e-2 A";
  const std::vector<Structure> known = known_molecules();
  std::vector<Line> lines;
  if (!c.system.periodic.any()) add_lines(c.system, lines);
  for (const Structure& s : known)
    if (c.traits.aperiodic && std::all_of(s.numbers.begin(), s.numbers.end(),
                                          [&](int z) { return c.traits.elements.contains(z); }))
      add_lines(s, lines);
  if (lines.empty()) return {not_applicable(claim, "no symmetric center")};
  std::vector<Structure> systems;
  for (const Line& line : lines)
    for (const double h : steps)
      for (const double t : {-h, h}) systems.push_back(line.at(t));
  const std::vector<Evaluation> said = c.evaluator.evaluate(systems);
  // Anharmonic bonds change by 1 % within 0.01 A; a cusp by many times the curvature.
  constexpr double allowed = 0.03;
  double worst = 0, bound = allowed;
  std::string where;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const int i = lines[l].atom;
    std::array<double, steps.size()> curvature;  // eV/A^2
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const std::size_t at = 2 * (l * steps.size() + k);
      curvature[k] =
          dot(said[at].forces[i] - said[at + 1].forces[i], lines[l].direction) / (2 * steps[k]);
    }
    // Below some eV/A^2 an atom is hardly bound there, and a share says nothing.
    const double size = std::max(std::abs(curvature.back()), 10.0);
    for (std::size_t k = 0; k + 1 < steps.size(); ++k) {
      const double share = std::abs(curvature[k] - curvature.back()) / size;
      const double own = allowed + 10 * c.force_noise / steps[k] / size;
      if (!exceeds(share / own, worst / bound)) continue;
      worst = share;
      bound = own;
      where = formula(lines[l].system->numbers) + ", " + symbol(lines[l].system->numbers[i]) +
              fmt::format(", {:g} A", steps[k]);
    }
  }
  const VerifyRow row = judge(at_most(claim, worst, bound, "of it", where),
                              c.traits.conservative && c.traits.continuous_forces);
  std::vector<VerifyRow> rows{row};
  if (auto potential = in_double(c)) {
    Evaluator exact(c.evaluator.device(), c.evaluator.threads(), std::move(potential));
    const std::vector<Evaluation> wanted = exact.evaluate(systems);
    double difference = 0;
    for (std::size_t k = 0; k < said.size(); ++k)
      difference = larger(difference, largest_difference(said[k].forces, wanted[k].forces));
    rows.push_back(
        judge(at_most("forces there: as in float64", difference, c.force_bound(), "eV/A"),
              c.traits.continuous_forces));
  }
  return rows;
}

}  // namespace md
