#include "io/cell_parameters.hpp"
#include "io/xyz_comment.hpp"
#include "md/text.hpp"
#include "md/units.hpp"

// Comment lines of programs that have a form of their own.

namespace md {
namespace {

/// The text between `name{` and `}`; empty where it is not there.
std::string in_braces(const std::string& text, const std::string& name) {
  const std::size_t at = text.find(name + "{");
  const std::size_t end = text.find('}', at);
  if (at == std::string::npos || end == std::string::npos) return "";
  return text.substr(at + name.size() + 1, end - at - name.size() - 1);
}

double length_unit(const TextSource& source, const std::string& name, const std::string& what) {
  if (name == "angstrom") return 1;
  if (name == "atomic_unit" || name == "bohr") return units::bohr;
  if (name == "nanometer") return 10;
  source.fail("i-PI's comment gives " + what + " in " + in_quotes(name) +
              "; angstrom, atomic_unit or nanometer is wanted, as in " + what + "{angstrom}");
}

void read_ipi(const TextSource& source, const std::string& line, XyzComment& comment) {
  constexpr std::string_view head = "cell(abcabc):";
  const std::size_t at = line.find(head);
  if (at == std::string::npos)
    source.fail("the comment is one of i-PI's with a cell of another kind; CELL(abcABC) is wanted");
  const std::string positions = in_braces(line, "positions"), cell = in_braces(line, "cell");
  if (positions.empty())
    source.fail("i-PI's comment names no unit of positions; positions{angstrom} is wanted");
  comment.length = length_unit(source, positions, "positions");
  const double unit = length_unit(source, cell.empty() ? positions : cell, "cell");
  std::vector<std::string_view> tokens;
  split_blank(std::string_view(line).substr(at + head.size()), tokens);
  if (tokens.size() < 6) source.fail("CELL(abcABC) has less than six numbers");
  double length[3], angle[3];
  for (int k = 0; k < 3; ++k) {
    length[k] = unit * source.number(tokens[k], "a length in CELL(abcABC)");
    angle[k] = source.number(tokens[k + 3], "an angle in CELL(abcABC)");
  }
  Structure s;
  set_cell(source, length, angle, "CELL(abcABC)", s);
  comment.cell = s.cell;
  comment.periodic = s.periodic;
  comment.warnings.push_back("read as i-PI writes it: positions in " + positions +
                             ", periodic in its cell in " + (cell.empty() ? positions : cell));
}

}  // namespace

bool parse_foreign_comment(const TextSource& source, std::string_view text, XyzComment& comment) {
  const std::string line = in_lower_case(trimmed(text));
  const auto holds = [&](const char* part) { return line.find(part) != std::string::npos; };
  if (line.starts_with("#") && holds("cell(")) {
    read_ipi(source, line, comment);
    return true;
  }
  const bool extended = holds("properties") || holds("lattice");
  if (line.starts_with("i =") && holds(", e ="))
    comment.warnings.emplace_back(
        "the comment is one of CP2K's, which names neither unit nor cell: coordinates are taken as "
        "A, the system as not periodic");
  for (const char* unit : {"bohr", "atomic_unit", "a.u."})
    for (const auto& [open, close] : {std::pair{"{", "}"}, {"[", "]"}, {"(", ")"}})
      if (comment.length == 1 && !extended && holds((std::string(open) + unit + close).c_str())) {
        comment.length = units::bohr;
        comment.warnings.push_back("the comment says " + (open + std::string(unit)) + close +
                                   ": coordinates are read in bohr");
      }
  if (comment.length == 1 && (holds("bohr") || holds("atomic_unit")))
    comment.warnings.emplace_back("the comment speaks of bohr; coordinates are taken as A");
  return false;
}

}  // namespace md
