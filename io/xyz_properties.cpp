#include <algorithm>

#include "io/xyz_comment.hpp"
#include "io/xyz_pairs.hpp"
#include "md/text.hpp"

// Properties: which column of an extended XYZ holds what.

namespace md {
namespace {

struct Property {
  std::string name, type, width;
  int columns;
};

std::vector<Property> split_properties(const TextSource& source, std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    parts.emplace_back(trimmed(text.substr(at, end - at)));
    at = end + 1;
  }
  if (parts.size() % 3 != 0)
    source.fail("Properties is " + in_quotes(text) +
                "; name:type:columns triples are wanted, as in species:S:1:pos:R:3");
  std::vector<Property> properties;
  for (std::size_t k = 0; k < parts.size(); k += 3) {
    const std::string& name = parts[k];
    const int width = source.integer(parts[k + 2], "the number of columns of " + name);
    if (width < 1 || width > 10000)
      source.fail("Properties gives " + name + " " + parts[k + 2] +
                  " columns; 1 or more is wanted");
    const std::string& type = parts[k + 1];
    if (type != "S" && type != "R" && type != "I" && type != "L")
      source.fail("Properties gives " + name + " the type " + in_quotes(type) +
                  "; S, R, I or L is wanted");
    properties.push_back({name, type, parts[k + 2], width});
  }
  return properties;
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::ranges::count(names, name) > 0;
}

}  // namespace

XyzColumns parse_xyz_properties(const TextSource& source, std::string_view text) {
  XyzColumns columns;
  const std::vector<Property> properties = split_properties(source, text);
  std::set<std::string> used;
  for (const Property& p : properties) used.insert(in_lower_case(p.name));
  for (const Property& p : properties) {
    const std::string name = in_lower_case(p.name);
    const auto take = [&](int& column, int wanted, std::string_view types) {
      if (p.columns != wanted || types.find(p.type[0]) == std::string_view::npos)
        source.fail("Properties has " + name + ":" + p.type + ":" + p.width + "; " + name + ":" +
                    types[0] + ":" + std::to_string(wanted) + " is wanted");
      if (column >= 0) source.fail("Properties has two columns for " + name);
      column = columns.total;
    };
    bool kept = true;
    if (is_one_of(name, {"species", "symbols", "element"})) {
      if (columns.species_is_number) columns.species = -1, columns.species_is_number = false;
      take(columns.species, 1, "SI");
      kept = false;
    } else if (is_one_of(name, {"z", "numbers", "atomic_numbers"}) &&
               (columns.species < 0 || columns.species_is_number)) {
      take(columns.species, 1, "I");
      columns.species_is_number = true;
      kept = false;
    } else if (is_one_of(name, {"pos", "positions"})) {
      take(columns.position, 3, "RI");
      kept = false;
    } else if (name == "momenta") {
      take(columns.momentum, 3, "RI");
    } else if (is_one_of(name, {"velocities", "velo", "vel"})) {
      take(columns.velocity, 3, "RI");
    } else if (is_one_of(name, {"masses", "mass"})) {
      take(columns.mass, 1, "RI");
    } else if (name == "move_mask") {
      columns.move_width = p.columns == 3 ? 3 : 1;
      take(columns.moves, columns.move_width, "LI");
    }
    if (kept) {  // forces of somebody else keep a name of their own
      const std::string written = name == "forces" ? reference_name(name, used) : p.name;
      columns.names += (columns.names.empty() ? "" : ":") + written + ":" + p.type + ":" + p.width;
      for (int k = 0; k < p.columns; ++k) columns.kept.push_back(columns.total + k);
    }
    columns.total += p.columns;
  }
  if (columns.species < 0) source.fail("Properties has no species; species:S:1 is wanted");
  if (columns.position < 0) source.fail("Properties has no positions; pos:R:3 is wanted");
  return columns;
}

}  // namespace md
