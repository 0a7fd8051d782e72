#include "md/input/quantity.hpp"

#include <charconv>
#include <cmath>
#include <vector>

#include "md/errors.hpp"
#include "md/text.hpp"
#include "md/units.hpp"

namespace md {
namespace {

struct Unit {
  const char* name;
  double value;
};
struct Dimension {
  const char* noun;
  double without;  // factor of a number without a unit
  std::vector<Unit> units;
};

const Dimension& dimension(Kind kind) {
  using namespace units;
  static const Dimension none{"a plain number", 1, {}};
  static const Dimension length{
      "length", 1, {{"A", 1}, {"Å", 1}, {"angstrom", 1}, {"nm", 10}, {"pm", 0.01}, {"bohr", bohr}}};
  static const Dimension energy{"energy",
                                1,
                                {{"eV", 1},
                                 {"meV", 1e-3},
                                 {"hartree", hartree},
                                 {"Ha", hartree},
                                 {"kcal/mol", kcal_per_mol},
                                 {"kJ/mol", kj_per_mol},
                                 {"K", boltzmann}}};
  static const Dimension stiffness{
      "stiffness", 1, {{"eV/A^2", 1}, {"eV/Å^2", 1}, {"kcal/mol/A^2", kcal_per_mol}}};
  static const Dimension force{
      "force", 1, {{"eV/A", 1}, {"eV/Å", 1}, {"hartree/bohr", hartree / bohr}}};
  static const Dimension mass{"mass", 1, {{"u", 1}, {"Da", 1}, {"amu", 1}}};
  static const Dimension time{"time", 1, {{"fs", 1}, {"ps", 1e3}, {"ns", 1e6}, {"us", 1e9}}};
  static const Dimension wall{
      "time on the clock", 1, {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}};
  static const Dimension temperature{"temperature", 1, {{"K", 1}}};
  static const Dimension friction{
      "friction",
      1e-3,
      {{"/ps", 1e-3}, {"1/ps", 1e-3}, {"ps^-1", 1e-3}, {"/fs", 1}, {"1/fs", 1}, {"fs^-1", 1}}};
  switch (kind) {
    case Kind::length:
      return length;
    case Kind::energy:
      return energy;
    case Kind::stiffness:
      return stiffness;
    case Kind::force:
      return force;
    case Kind::mass:
      return mass;
    case Kind::time:
    case Kind::steps_or_time:
      return time;
    case Kind::wall_time:
    case Kind::steps_or_wall:
      return wall;
    case Kind::temperature:
    case Kind::temperatures:
      return temperature;
    case Kind::frictions:
      return friction;
    default:
      return none;
  }
}

/// The leading number of `text`; `rest` is what follows it, trimmed.
double leading_number(std::string_view text, std::string& rest) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || !std::isfinite(value))
    throw InputError("'" + std::string(text) + "' is not a number");
  rest = trim(std::string_view(stop, digits.data() + digits.size() - stop));
  return value;
}

}  // namespace

double parse_quantity(std::string_view text, Kind kind) {
  std::string unit;
  const double value = leading_number(text, unit);
  const Dimension& d = dimension(kind);
  if (unit.empty()) return value * d.without;
  std::vector<std::string> names;
  for (const Unit& u : d.units) {
    if (unit == u.name) {
      if (!std::isfinite(value * u.value))
        throw InputError("'" + std::string(text) + "' is too large");
      return value * u.value;
    }
    names.push_back(u.name);
  }
  if (names.empty())
    throw InputError("'" + std::string(text) + "' must be a number without a unit");
  throw InputError("'" + unit + "' is no unit of " + d.noun + "; use " + join(names, ", "));
}

Units units_of(Kind kind) {
  const Dimension& d = dimension(kind);
  Units units{d.noun, {}};
  double last = 0;
  for (const Unit& unit : d.units) {
    if (unit.value != last) units.names.emplace_back(unit.name);
    last = unit.value;
  }
  return units;
}

long long parse_integer(std::string_view text) {
  std::string rest;
  const double value = leading_number(text, rest);
  if (rest.empty() && value == std::floor(value) && std::abs(value) > 9e15)
    throw InputError("'" + std::string(text) + "' is too large: at most 9e15");
  if (!rest.empty() || value != std::floor(value))
    throw InputError("'" + std::string(text) + "' is not a whole number");
  return static_cast<long long>(value);
}

}  // namespace md
