#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/site.hpp"

namespace md {

/// Columns first to last, from 1 as the format counts them; shorter where the line ends before.
std::string_view columns(std::string_view line, std::size_t first, std::size_t last);

/// What the records of one model of a PDB file hold, while they are read.
class PdbModel {
 public:
  bool empty() const { return sites_.empty(); }
  /// An ATOM or HETATM record. Throws InputError where it is too short or a coordinate is wrong.
  void add_atom(const TextSource& source, std::string_view line);
  /// A CONECT record. Numbers that are none of atoms are ignored, as are those of several atoms.
  void add_bonds(std::string_view line) { bonds_.emplace_back(line); }
  bool has_bonds() const { return !bonds_.empty(); }
  const std::vector<std::string>& bonds() const { return bonds_; }

  /// The atoms with what gemmi reads in their records.
  std::vector<Site> sites() const;
  /// Pairs of sites that the CONECT records join.
  std::vector<std::pair<int, int>> pairs(const std::vector<std::string>& bonds) const;

 private:
  std::vector<Site> sites_;
  std::string records_;                 // for gemmi, 80 columns each
  std::map<std::string, int> atom_of_;  // serial number as it stands -> site; -1: of several
  std::vector<std::string> bonds_;
};

}  // namespace md
