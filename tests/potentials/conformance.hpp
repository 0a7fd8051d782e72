#pragma once

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "md/potential.hpp"
#include "md/state.hpp"

namespace md::test {

/// One way to make a registered potential, and systems to try it with.
struct PotentialCase {
  std::string name;   // registered
  std::string label;  // tells the cases of one potential apart; letters and digits
  std::map<std::string, std::string> keys;  // of section [potential]
  std::vector<Structure> (*systems)() = nullptr;
  std::string precision = "float64";
  bool large = false;  // tried with large_systems() too: alone and in a batch
  /// Claims of `understudy verify` that it is known to break.
  std::set<std::string> broken = {};
};

inline void PrintTo(const PotentialCase& c, std::ostream* out) { *out << c.name << " " << c.label; }

/// More atoms than are treated in one piece, and a cell large enough for a cell list.
std::vector<Structure> large_systems();

/// All cases of the potentials that are registered in this program.
std::vector<PotentialCase> potential_cases();

/// The claims of `understudy verify` about energies, forces and virials that do not hold for one of
/// the systems, each with what was found.
std::map<std::string, std::string> broken_claims(std::unique_ptr<Potential> potential,
                                                 const std::vector<Structure>& systems);

}  // namespace md::test
