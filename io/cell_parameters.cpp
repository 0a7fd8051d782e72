#include "io/cell_parameters.hpp"

#include "io/amber_cell.hpp"

namespace md {

void set_cell(const TextSource& source, const double (&length)[3], const double (&angle)[3],
              const std::string& what, Structure& s) {
  s.cell = {};
  s.periodic = {false, false, false};
  const auto all = [&](double value) {
    return length[0] == value && length[1] == value && length[2] == value;
  };
  if (all(1) || all(0)) return;
  for (int k = 0; k < 3; ++k) {
    if (!(length[k] > 0)) source.fail("a length in " + what + " is not positive; three are wanted");
    if (!(angle[k] > 0 && angle[k] < 180))
      source.fail("an angle in " + what + " is not between 0 and 180 degrees");
  }
  s.cell = cell_from(length, angle);
  s.periodic = {true, true, true};
  source.check_cell(s.cell, s.periodic, what);
}

void warn_of_symmetry(std::string_view space_group, Structure& s) {
  std::string name;
  for (const char c : space_group)
    if (c != ' ') name += c;
  if (!name.empty() && name != "P1" && name != "1")
    s.warnings.push_back("its space group is " + std::string(trimmed(space_group)) +
                         ", but only the atoms in the file are simulated, in a cell of the group "
                         "P 1; a crystal needs all atoms of the cell");
}

}  // namespace md
