#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "program/verify/pairs.hpp"
#include "program/verify/scan.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace {

constexpr double longest = 12;  // A; how far pairs are taken apart where a cutoff is longer or none
constexpr double beyond = 0.3;  // A, past the cutoff

struct NamedPath {
  std::string name;
  ScanPath path;
  double offset = 0;  // distance of the pair at t = 0, A
};

/// Two atoms alone, from one and a half bond lengths to beyond the cutoff.
std::vector<NamedPath> pairs_apart(const VerifyCase& c) {
  std::vector<NamedPath> paths;
  const std::vector<int> elements = elements_in(c.system);
  const double cutoff = c.traits.cutoff;
  for (std::size_t i = 0; i < elements.size(); ++i)
    for (std::size_t j = i; j < elements.size(); ++j) {
      NamedPath pair;
      pair.name = pair_name(elements[i], elements[j]) + " pair";
      pair.offset = 1.5 * covalent_length(elements[i], elements[j]);
      pair.path.atom = 1;
      pair.path.start.numbers = {elements[i], elements[j]};
      // Not along an axis, where a fault of the directions might not show.
      pair.path.direction = {0.6, 0.48, 0.64};
      pair.path.start.positions = {{}, pair.offset * pair.path.direction};
      pair.path.last = (cutoff > 0 ? std::min(cutoff + beyond, longest) : longest) - pair.offset;
      if (pair.path.last > 0) paths.push_back(pair);
      if (cutoff + beyond > longest) {
        pair.path.first = std::max(cutoff - beyond, longest) - pair.offset;
        pair.path.last = cutoff + beyond - pair.offset;
        paths.push_back(pair);
      }
    }
  return paths;
}

/// One atom of every element taken out of the molecule; in a periodic system moved by 1 A.
std::vector<NamedPath> atoms_away(const VerifyCase& c) {
  std::vector<NamedPath> paths;
  if (c.system.size() < 3) return paths;
  for (const int element : elements_in(c.system)) {
    const auto& numbers = c.system.numbers;
    NamedPath away;
    away.name = std::string(symbol(element)) + " atom of the system";
    away.path.start = c.system;
    away.path.start.velocities.clear();
    away.path.atom =
        static_cast<int>(std::find(numbers.begin(), numbers.end(), element) - numbers.begin());
    away.path.last = 1;
    if (!c.system.periodic.any())
      away.path.last = (c.traits.cutoff > 0 ? std::min(c.traits.cutoff, longest) : longest) + 2;
    away.path.direction = clear_direction(c.system, away.path.atom, away.path.last);
    paths.push_back(away);
  }
  return paths;
}

/// The second atom of the shortest bond between each two elements moved along that bond. In linear
/// molecules features of all atoms lie on one axis, and pass through zero together.
std::vector<NamedPath> along_bonds(const VerifyCase& c) {
  std::vector<NamedPath> paths;
  for (const auto& [elements, pair] : nearest_pairs(c.system)) {
    if (pair.distance > 1.25 * covalent_length(elements.first, elements.second)) continue;
    NamedPath bond;
    bond.name = pair_name(elements.first, elements.second) + " bond";
    bond.offset = pair.distance;
    bond.path.start = c.system;
    bond.path.start.velocities.clear();
    bond.path.atom = pair.second;
    bond.path.direction = pair.direction;
    bond.path.first = -0.15;
    bond.path.last = 0.35;
    paths.push_back(bond);
  }
  return paths;
}

}  // namespace

std::vector<VerifyRow> check_continuity(const VerifyCase& c) {
  std::vector<NamedPath> paths = atoms_away(c);
  for (NamedPath& path : along_bonds(c)) paths.push_back(std::move(path));
  if (c.traits.aperiodic)
    for (NamedPath& path : pairs_apart(c)) paths.push_back(std::move(path));
  const char* const claim = "largest jump of the energy";
  if (paths.empty()) return {not_applicable(claim, "a single atom, and none without a cell")};
  // Above rounding, and far below what would be felt: 1e-6 eV is a fifty-thousandth of the thermal
  // energy; 1e-3 eV/A a twentieth of the error of a good network.
  const double energy = std::max(1e-6, 2 * c.energy_bound());
  const double force = std::max(1e-3, 2 * c.force_bound());
  ScanResult worst;
  std::string energy_where, force_where;
  for (const NamedPath& path : paths) {
    const ScanResult r = scan_for_jumps(c.evaluator, path.path, energy, force);
    const char* const format = path.offset > 0 ? "{} at {:.4f} A" : "{} moved by {:.4f} A";
    const auto where = [&](double t) {
      return fmt::format(fmt::runtime(format), path.name, path.offset + t);
    };
    if (exceeds(r.energy, worst.energy)) worst.energy = r.energy, energy_where = where(r.energy_at);
    if (exceeds(r.force, worst.force)) worst.force = r.force, force_where = where(r.force_at);
  }
  const auto remark = [](double figure, double bound, const std::string& where) {
    return figure <= bound ? std::string("none found, smooth to this") : where;
  };
  return {
      judge(at_most(claim, worst.energy, energy, "eV", remark(worst.energy, energy, energy_where)),
            c.traits.continuous_energy),
      judge(at_most("largest jump of the forces", worst.force, force, "eV/A",
                    remark(worst.force, force, force_where)),
            c.traits.continuous_forces && c.traits.continuous_energy)};
}

}  // namespace md
