#include <numbers>

#include "io/amber_cell.hpp"
#include "io/structure_reader.hpp"
#include "io/text_source.hpp"

namespace md {
namespace {

/// Columns first to last, from 1 as the format counts them; shorter where the line ends before.
std::string_view columns(std::string_view line, std::size_t first, std::size_t last) {
  return line.size() < first ? std::string_view{} : line.substr(first - 1, last - first + 1);
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Element from the name in columns 13-16: the symbol stands right-justified in 13-14, but a
/// hydrogen name of four characters begins in 13.
int element_of_name(std::string_view name) {
  if (name.size() < 2) return 0;
  if (!is_letter(name[0])) return TextSource::find_element(name.substr(1, 1));
  const bool full = name.size() == 4 && name[3] != ' ';
  if (full && name[0] == 'H') return 1;
  const int two = is_letter(name[1]) ? TextSource::find_element(name.substr(0, 2)) : 0;
  return two > 0 ? two : TextSource::find_element(name.substr(0, 1));
}

void read_cell(const TextSource& source, std::string_view line, Structure& s) {
  double length[3], angle[3] = {90, 90, 90};
  for (std::size_t k = 0; k < 3; ++k) {
    length[k] = source.number(trimmed(columns(line, 7 + 9 * k, 15 + 9 * k)), "a length in CRYST1");
    angle[k] = source.number(trimmed(columns(line, 34 + 7 * k, 40 + 7 * k)), "an angle in CRYST1");
  }
  s.cell = {};
  s.periodic = {false, false, false};
  const auto all = [&](double value) {
    return length[0] == value && length[1] == value && length[2] == value;
  };
  if (all(1) || all(0)) return;
  for (int k = 0; k < 3; ++k) {
    if (!(length[k] > 0)) source.fail("a length in CRYST1 is not positive; three are wanted");
    if (!(angle[k] > 0 && angle[k] < 180))
      source.fail("an angle in CRYST1 is not between 0 and 180 degrees");
  }
  s.cell = cell_from(length, angle);
  s.periodic = {true, true, true};
  source.check_cell(s.cell, s.periodic, "CRYST1");
}

void read_atom(const TextSource& source, std::string_view line, Structure& s) {
  const std::string_view location = columns(line, 17, 17);
  if (!location.empty() && location != " " && location != "A") return;
  if (line.size() < 54)
    source.fail("an atom's record has " + std::to_string(line.size()) +
                " columns; at least 54 are wanted, with x, y, z in 31-54");
  const std::string_view symbol = trimmed(columns(line, 77, 78)), name = columns(line, 13, 16);
  const int number = symbol.empty() ? element_of_name(name) : TextSource::find_element(symbol);
  if (number == 0)
    source.fail(symbol.empty() ? "the atom name " + in_quotes(name) +
                                     " gives no element; its symbol is wanted in columns 77-78"
                               : in_quotes(symbol) + " in columns 77-78 is not an element");
  Vec3 position;
  for (std::size_t k = 0; k < 3; ++k)
    position[static_cast<int>(k)] =
        source.number(trimmed(columns(line, 31 + 8 * k, 38 + 8 * k)), "a coordinate");
  s.numbers.push_back(number);
  s.positions.push_back(position);
}

/// ATOM and HETATM records of every model (MODEL ... ENDMDL), alternate locations blank and A.
/// Elements from columns 77-78, else from the atom's name. CRYST1 makes all directions periodic
/// (a along x, b in the xy plane) unless it is the 1 x 1 x 1 A of systems without a cell.
std::vector<Structure> read_pdb(const std::string& path, std::string_view text) {
  std::vector<Structure> frames;
  TextSource source(path, text);
  std::string_view line;
  Structure s;
  int model_line = 0;  // of the MODEL that is open
  const auto close = [&] {
    if (s.numbers.empty()) return;
    frames.push_back(s);
    s.numbers.clear();
    s.positions.clear();
  };
  while (source.next(line)) {
    const std::string_view record = trimmed(columns(line, 1, 6));
    if (record == "ATOM" || record == "HETATM") {
      read_atom(source, line, s);
    } else if (record == "CRYST1") {
      read_cell(source, line, s);
    } else if (record == "MODEL") {
      if (model_line > 0)
        source.fail("MODEL begins before the one of line " + std::to_string(model_line) +
                    " has ended; ENDMDL is wanted");
      close();
      model_line = source.line();
    } else if (record == "ENDMDL") {
      if (s.numbers.empty()) source.fail("the model has no atoms; at least one is wanted");
      close();
      model_line = 0;
    } else if (record == "END") {
      if (model_line > 0)
        source.fail("the file ends inside the MODEL of line " + std::to_string(model_line) +
                    "; ENDMDL is wanted");
      close();
    }
  }
  if (model_line > 0)
    source.fail("the file ends inside the MODEL of line " + std::to_string(model_line) +
                "; ENDMDL is wanted");
  close();
  if (frames.empty()) source.fail("the file has no ATOM or HETATM records; at least one is wanted");
  return frames;
}

const bool registered = structure_formats().add("pdb", {"PDB", {".pdb", ".ent"}, read_pdb});

}  // namespace
}  // namespace md
