#include "program/run/system_keys.hpp"

#include <algorithm>
#include <limits>

#include "md/errors.hpp"
#include "md/hydrogen_mass.hpp"
#include "md/input/quantity.hpp"
#include "md/text.hpp"

namespace md {
namespace {

struct Range {
  int first, last;  // from 1
};

int atom_number(const std::string& text) {
  const long long number = parse_integer(text);
  if (number < 1 || number > std::numeric_limits<int>::max())
    throw InputError("'" + text + "' is no number of an atom; they count from 1");
  return static_cast<int>(number);
}

/// "1-12, 20".
std::vector<Range> read_ranges(const Input& input) {
  const std::string key = "system.fixed";
  std::vector<Range> ranges;
  if (input.text(key) == "none") return ranges;
  try {
    for (const std::string& part : split(input.required(key), ',')) {
      const auto dash = part.find('-', 1);
      const int first = atom_number(trim(part.substr(0, dash)));
      const int last = dash == std::string::npos ? first : atom_number(trim(part.substr(dash + 1)));
      if (last < first) throw InputError("'" + part + "' ends before it begins");
      ranges.push_back({first, last});
    }
  } catch (const InputError& error) {
    input.fail(key, std::string(error.what()) + "; atoms as in 1-12, 20 are wanted");
  }
  return ranges;
}

}  // namespace

void hold_atoms(const Input& input, std::vector<Structure>& systems) {
  if (input.text("system.fixed").empty()) return;
  const std::vector<Range> ranges = read_ranges(input);
  for (Structure& system : systems) {
    system.fixed.assign(ranges.empty() ? 0 : system.numbers.size(), 0);
    for (const auto& [first, last] : ranges) {
      if (last > system.size())
        input.fail_value("system.fixed", "names atom " + std::to_string(last) + ", but " +
                                             system.source + " has " +
                                             std::to_string(system.size()) + " atoms");
      std::fill(system.fixed.begin() + first - 1, system.fixed.begin() + last, 1);
    }
  }
}

void set_hydrogen_mass(const Input& input, std::vector<Structure>& systems) {
  if (input.text("system.hydrogen_mass").empty()) return;
  const double mass = input.positive("system.hydrogen_mass");
  for (Structure& system : systems) repartition_hydrogen(system, mass);
}

}  // namespace md
