#pragma once

#include <string>
#include <vector>

#include "io/text_source.hpp"
#include "md/structure.hpp"

namespace md {

/// An atom as a PDB or mmCIF file describes it, before our rules.
struct Site {
  int line = 0;         // where it stands in the file
  bool hetero = false;  // HETATM
  std::string name;     // of a PDB file in its four columns: " CA ", "CA  "
  std::string residue;  // "ALA"
  std::string place;    // chain, number and insertion code: what tells its residue from others
  char location = 0;    // alternate location; 0: none
  double occupancy = 1;
  std::string element;  // the symbol that the file gives; empty: none
  int charge = 0;       // formal, in e
  Vec3 position;        // A
};

/// Which of the sites stay, in their order. Of alternate locations of a residue the most occupied
/// one stays, at a tie the first; what has one location only always does.
std::vector<int> most_occupied(const std::vector<Site>& sites);

/// Atomic number and, of D and T, the mass (else 0) of every site. The element of the file
/// decides. Where it gives none: an ion's residue; of a standard residue and of an ATOM record the
/// first letter of the name (C, N, O, H, S, P); else the columns in which the name stands. Throws
/// InputError naming line and atom where these leave a doubt. Not `columns`: a format in which the
/// names of atoms begin anywhere, and that has no place for elements.
std::vector<Isotope> elements_of(const TextSource& source, const std::vector<Site>& sites,
                                 bool columns = true);

/// The system that one model of a file describes. `bonds`: pairs of sites. `dropped` counts the
/// alternate locations that were left out.
Structure structure_of(const TextSource& source, const std::vector<Site>& sites,
                       const std::vector<std::pair<int, int>>& bonds, int& dropped);

/// "5 atoms in alternate locations are left out: ..." for Structure::warnings.
std::string alternates_warning(int dropped);

}  // namespace md
