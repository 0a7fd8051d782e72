#include <charconv>
#include <set>
#include <span>

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

/// ASE's move_mask, of the atom or of its three coordinates: F is held.
bool is_held(const TextSource& source, const std::vector<std::string_view>& tokens,
             const XyzColumns& c) {
  const auto moves = [&](int k) {
    return parse_xyz_logical(source, tokens[c.moves + k], "move_mask");
  };
  const bool first = moves(0);
  for (int k = 1; k < c.move_width; ++k)
    if (moves(k) != first)
      source.fail("move_mask holds an atom along some axes only; all three or none is wanted");
  return !first;
}

std::string kept_columns(const std::vector<std::string_view>& tokens, const XyzColumns& c) {
  std::string text;
  for (const int column : c.kept) (text += ' ') += tokens[column];
  return text;
}

void read_atom(const TextSource& source, const std::vector<std::string_view>& tokens,
               const XyzComment& comment, Structure& s) {
  const XyzColumns& c = comment.columns;
  const int n = static_cast<int>(tokens.size());
  if (n < c.total || (comment.has_properties && n > c.total))
    source.fail("an atom's line has " + std::to_string(n) + " columns; " + std::to_string(c.total) +
                " are wanted" + (comment.has_properties ? " by Properties" : ": element, x, y, z"));
  const Isotope heavy = isotope(tokens[c.species]);
  const int number = heavy.number > 0 ? heavy.number : source.element(tokens[c.species]);
  s.numbers.push_back(number);
  s.positions.push_back(comment.length * vector(source, tokens, c.position, "a coordinate"));
  double mass = heavy.mass;
  if (c.mass >= 0) {
    mass = source.number(tokens[c.mass], "a mass");
    if (!(mass > 0))
      source.fail("a mass is " + in_quotes(tokens[c.mass]) + "; above zero is wanted");
  }
  // Masses stand in the structure from the first atom on that has one of its own.
  if (mass > 0 && s.masses.empty())
    for (const int before : std::span(s.numbers).first(s.numbers.size() - 1))
      s.masses.push_back(standard_mass(before));
  if (mass == 0) mass = standard_mass(number);
  if (!s.masses.empty() || heavy.mass > 0 || c.mass >= 0) s.masses.push_back(mass);
  if (c.moves >= 0) s.fixed.push_back(is_held(source, tokens, c) ? 1 : 0);
  if (!c.kept.empty()) s.column_text.push_back(kept_columns(tokens, c));
  if (c.velocity >= 0) {
    s.velocities.push_back(vector(source, tokens, c.velocity, "a velocity"));
  } else if (c.momentum >= 0) {
    const Vec3 momentum = vector(source, tokens, c.momentum, "a momentum");
    s.velocities.push_back((1 / (mass * ase_velocity)) * momentum);
  }
}

/// Every frame of plain or extended XYZ. A comment line with Properties, Lattice or pbc makes a
/// frame extended. Columns: species or Z, pos (A), momenta (ASE's unit) or velocities, velo, vel
/// (A/fs), masses or mass (u), move_mask; all but species and pos are also kept as they stand, to
/// be written again. Without pbc a Lattice is periodic everywhere.
std::vector<Structure> read_part(const std::string& path, std::string_view text, int lines) {
  std::vector<Structure> frames;
  TextSource source(path, text, lines);
  std::vector<std::string_view> tokens;
  std::set<std::string> warned;  // of one kind once in a file
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
    s.charge = comment.charge;
    s.spin = comment.spin;
    s.columns = comment.columns.names;
    if (comment.columns.velocity >= 0)
      s.velocity_unit = "A/fs";
    else if (comment.columns.momentum >= 0)
      s.velocity_unit = "momenta in ASE's unit sqrt(eV u)";
    for (const std::string& warning : comment.warnings)
      if (warned.insert(warning).second)
        s.warnings.push_back("line " + std::to_string(source.line()) + ": " + warning);
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
    drop_standard_masses(s);
    frames.push_back(std::move(s));
  }
  return frames;
}

std::vector<Structure> read_xyz(const std::string& path, std::string_view text) {
  return read_part(path, text, 0);
}

std::pair<std::size_t, int> whole_frames(std::string_view text) {
  std::pair<std::size_t, int> whole;
  std::size_t at = 0;
  int lines = 0;
  std::string_view line;
  const auto next = [&] {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return false;
    line = trimmed(text.substr(at, end - at));
    at = end + 1;
    ++lines;
    return true;
  };
  while (next()) {
    if (line.empty() || line == "\r") continue;
    int atoms = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), atoms).ec != std::errc{}) break;
    int left = atoms + 1;
    while (left > 0 && next()) --left;
    if (left > 0) break;
    whole = {at, lines};
  }
  return whole;
}

const bool registered = structure_formats().add(
    "extxyz", {"plain or extended XYZ", {".xyz", ".extxyz"}, read_xyz, read_part, whole_frames});

}  // namespace
}  // namespace md
