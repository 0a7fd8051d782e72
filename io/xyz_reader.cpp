#include "io/ase_units.hpp"
#include "io/structure_reader.hpp"
#include "io/xyz_comment.hpp"

namespace md {
namespace {

/// The next line that is not blank; false at the end of the file.
bool next_count(TextSource& source, std::string_view& line) {
  while (source.next(line))
    if (!trimmed(line).empty()) return true;
  return false;
}

Vec3 vector(const TextSource& source, const std::vector<std::string_view>& tokens, int column,
            const char* what) {
  Vec3 v;
  for (int k = 0; k < 3; ++k) v[k] = source.number(tokens[column + k], what);
  return v;
}

void read_atom(const TextSource& source, const std::vector<std::string_view>& tokens,
               const XyzComment& comment, Structure& s) {
  const XyzColumns& c = comment.columns;
  const int n = static_cast<int>(tokens.size());
  if (n < c.total || (comment.has_properties && n > c.total))
    source.fail("an atom's line has " + std::to_string(n) + " columns; " + std::to_string(c.total) +
                " are wanted" + (comment.has_properties ? " by Properties" : ": element, x, y, z"));
  const int number = source.element(tokens[c.species]);
  s.numbers.push_back(number);
  s.positions.push_back(vector(source, tokens, c.position, "a coordinate"));
  if (c.velocity >= 0) {
    s.velocities.push_back(vector(source, tokens, c.velocity, "a velocity"));
  } else if (c.momentum >= 0) {
    double mass = standard_mass(number);
    if (c.mass >= 0) mass = source.number(tokens[c.mass], "a mass");
    if (!(mass > 0))
      source.fail("a mass is " + in_quotes(tokens[c.mass]) + "; above zero is wanted");
    const Vec3 momentum = vector(source, tokens, c.momentum, "a momentum");
    s.velocities.push_back((1 / (mass * ase_velocity)) * momentum);
  }
}

/// Every frame of plain or extended XYZ. A comment line with Properties, Lattice or pbc makes a
/// frame extended. Columns: species or Z, pos (A), momenta (ASE's unit) or velocities, velo, vel
/// (A/fs), masses (u, for momenta only); others are skipped. Without pbc a Lattice is periodic
/// everywhere.
std::vector<Structure> read_xyz(const std::string& path, std::string_view text) {
  std::vector<Structure> frames;
  TextSource source(path, text);
  std::vector<std::string_view> tokens;
  std::string_view line;
  while (next_count(source, line)) {
    const int first_line = source.line();
    const int n = source.integer(trimmed(line), "the number of atoms");
    if (n < 1)
      source.fail("the number of atoms is " + in_quotes(trimmed(line)) +
                  "; at least one is wanted");
    if (!source.next(line))
      source.fail("the file ends after the number of atoms; a comment line and " +
                  std::to_string(n) + " atoms are wanted");
    const XyzComment comment = parse_xyz_comment(source, line);
    Structure s;
    s.cell = comment.cell;
    s.periodic = comment.periodic;
    s.remarks = comment.remarks;
    const std::size_t expected = std::min<std::size_t>(n, source.left() / 8 + 1);
    s.numbers.reserve(expected);
    s.positions.reserve(expected);
    for (int i = 0; i < n; ++i) {
      if (!source.next(line))
        source.fail("the file ends after " + std::to_string(i) + " of the " + std::to_string(n) +
                    " atoms that line " + std::to_string(first_line) + " announces");
      split_blank(line, tokens);
      read_atom(source, tokens, comment, s);
    }
    frames.push_back(std::move(s));
  }
  return frames;
}

const bool registered =
    structure_formats().add("extxyz", {"plain or extended XYZ", {".xyz", ".extxyz"}, read_xyz});

}  // namespace
}  // namespace md
