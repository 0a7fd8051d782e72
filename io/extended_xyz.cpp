#include "io/extended_xyz.hpp"

#include <charconv>
#include <ostream>

#include "io/ase_units.hpp"
#include "io/xyz_pairs.hpp"

namespace md {
namespace {

void add(std::string& text, double value) {
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void add(std::string& text, const Vec3& v) {
  for (int k = 0; k < 3; ++k) text += ' ', add(text, v[k]);
}

void add(std::string& text, const Mat3& m) {
  text += '"';
  for (int k = 0; k < 9; ++k) {
    if (k > 0) text += ' ';
    add(text, m[k / 3][k % 3]);
  }
  text += '"';
}

void add_info(std::string& text, const std::string& key, const std::string& value) {
  text += ' ' + key + '=' + quoted_for_xyz(value);
}

}  // namespace

void append_extended_xyz(std::string& text, const XyzView& s, const ExtendedXyzFields& fields) {
  const Periodicity p = s.periodic;
  const bool velocities = !s.velocities.empty() && fields.velocities != XyzVelocities::none;
  const bool momenta = fields.velocities == XyzVelocities::momenta;
  text += std::to_string(s.numbers.size()) + '\n';
  if (p.any()) text += "Lattice=", add(text, s.cell), text += ' ';
  text += "Properties=species:S:1:pos:R:3";
  if (velocities) text += momenta ? ":momenta:R:3" : ":velocities:R:3";
  if (!s.masses.empty()) text += ":masses:R:1";
  if (!s.fixed.empty()) text += ":move_mask:L:1";
  if (!fields.forces.empty()) text += ":" + fields.forces_name + ":R:3";
  if (!fields.columns.empty()) text += ":" + fields.columns;
  if (fields.energy) text += " " + fields.energy_name + "=", add(text, *fields.energy);
  if (fields.stress) text += " stress=", add(text, *fields.stress);
  for (const auto& [key, value] : fields.info) add_info(text, key, value);
  if (!fields.remarks.empty()) text += ' ' + fields.remarks;
  text += std::string(" pbc=\"") + (p[0] ? "T " : "F ") + (p[1] ? "T " : "F ") + (p[2] ? "T" : "F");
  text += "\"\n";
  for (std::size_t i = 0; i < s.numbers.size(); ++i) {
    text += symbol(s.numbers[i]);
    add(text, s.positions[i]);
    const double mass = s.masses.empty() ? standard_mass(s.numbers[i]) : s.masses[i];
    if (velocities && momenta)
      add(text, (mass * ase_velocity) * s.velocities[i]);
    else if (velocities)
      add(text, s.velocities[i]);
    if (!s.masses.empty()) text += ' ', add(text, mass);
    if (!s.fixed.empty()) text += s.fixed[i] != 0 ? " F" : " T";
    if (!fields.forces.empty()) add(text, fields.forces[i]);
    if (!fields.columns.empty()) text += fields.column_text[i];
    text += '\n';
  }
}

void write_extended_xyz(std::ostream& out, const Structure& structure,
                        const ExtendedXyzFields& fields) {
  std::string text;
  append_extended_xyz(text,
                      {structure.numbers, structure.positions, structure.velocities, structure.cell,
                       structure.periodic, structure.masses, structure.fixed},
                      fields);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

}  // namespace md
