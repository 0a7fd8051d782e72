#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "program/verify/pairs.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace {

constexpr double shortest = 0.3;  // A; nothing comes nearer in dynamics that is still meaningful
constexpr double spacing = 0.02;  // A, along the way
// No two atoms have a bond shorter than this times the sum of their covalent radii: the triple
// bonds CO, N2, C2H2 are 0.77 to 0.79 of it, H2 is 1.19. So there is no well beyond.
constexpr double shorter_than_bonds = 0.7;
constexpr double bonded = 1.3;  // times the sum of the covalent radii: chemically bonded
// What lies behind a wall higher than a chemical bond is met only by what has come apart already.
constexpr double wall = 5;  // eV

/// A pair on its way together: distances, falling, and the systems that have them. The energy is
/// that of rest at the first ones, `n_rest` of them; from then on it must rise.
struct Approach {
  std::string name;
  std::vector<double> distances;
  std::vector<Structure> systems;
  int n_rest = 1;
};

void add_way(std::vector<double>& distances, double begin) {
  for (double d = begin; d > shortest; d -= spacing) distances.push_back(d);
  distances.push_back(shortest);
}

/// A bond of the system shortened by moving both atoms alike, everything else in its place.
Approach shorten(const Structure& system, double length, const VerifyPair& pair) {
  Approach way;
  way.distances.push_back(pair.distance);
  add_way(way.distances, shorter_than_bonds * std::min(pair.distance, length));
  for (const double d : way.distances) {
    Structure s = system;
    const Vec3 move = (pair.distance - d) / 2 * pair.direction;
    s.positions[pair.first] += move;
    s.positions[pair.second] -= move;
    way.systems.push_back(std::move(s));
  }
  return way;
}

/// Two atoms alone: of elements without a bond in the system, where others would be in the way.
Approach collide(int z1, int z2, double length) {
  Approach way;
  // The depth of their well, if they have one, is where the wall stands.
  for (double x = 2; x > shorter_than_bonds; x -= 0.05) way.distances.push_back(x * length);
  way.n_rest = static_cast<int>(way.distances.size());
  add_way(way.distances, shorter_than_bonds * length);
  for (const double d : way.distances) {
    Structure s;
    s.numbers = {z1, z2};
    s.positions = {{}, d * Vec3{0.6, 0.48, 0.64}};
    way.systems.push_back(std::move(s));
  }
  return way;
}

/// How far the energy falls below what it had been further out, before the wall is `wall` high.
struct Fall {
  double depth = 0, bound = 0;  // eV
  std::string where;
};

Fall deepest_fall(const VerifyCase& c, const Approach& way) {
  const std::vector<Evaluation> results = c.evaluator.evaluate(way.systems);
  double rest = results[0].energy;
  for (int k = 1; k < way.n_rest; ++k) rest = std::min(rest, results[k].energy);
  // A bond must have got dearer on the way; between two atoms alone one may have formed.
  double highest = way.n_rest == 1 ? rest : results[way.n_rest].energy;
  Fall worst{0, c.energy_bound(), ""};
  for (std::size_t k = way.n_rest; k < results.size() && highest - rest < wall; ++k) {
    const double fall = highest - results[k].energy;
    if (exceeds(fall, worst.depth)) {
      worst.depth = fall;
      worst.where = fmt::format("{} at {:.2f} A, behind a wall of {:.2f} eV", way.name,
                                way.distances[k], highest - rest);
    }
    highest = std::max(highest, results[k].energy);
  }
  return worst;
}

}  // namespace

std::vector<VerifyRow> check_repulsion(const VerifyCase& c) {
  const char* const claim = "pairs repel: no well down to 0.3 A";
  if (!c.traits.translation_invariant)
    return {not_applicable(claim, "the potential is bound to a place")};
  const auto pairs = nearest_pairs(c.system);
  const std::vector<int> elements = elements_in(c.system);
  std::vector<Approach> ways;
  for (std::size_t i = 0; i < elements.size(); ++i)
    for (std::size_t j = i; j < elements.size(); ++j) {
      const double length = covalent_length(elements[i], elements[j]);
      const auto pair = pairs.find({elements[i], elements[j]});
      if (pair != pairs.end() && pair->second.distance < bonded * length)
        ways.push_back(shorten(c.system, length, pair->second));
      else if (c.traits.aperiodic)
        ways.push_back(collide(elements[i], elements[j], length));
      else
        continue;
      ways.back().name = pair_name(elements[i], elements[j]);
    }
  if (ways.empty()) return {not_applicable(claim, "no bond, and no pair without a cell")};
  Fall worst{0, c.energy_bound(), ""};
  for (const Approach& way : ways)
    if (Fall fall = deepest_fall(c, way); exceeds(fall.depth, worst.depth)) worst = fall;
  return {judge(at_most(claim, worst.depth, worst.bound, "eV",
                        worst.depth <= worst.bound ? "" : "the energy falls, " + worst.where),
                c.traits.conservative)};  // else nothing moves by the energy
}

}  // namespace md
