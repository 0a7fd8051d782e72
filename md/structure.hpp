#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "md/periodicity.hpp"
#include "md/vec3.hpp"

namespace md {

/// One system on the host, as a file describes it.
struct Structure {
  std::vector<int> numbers;      // [n] atomic numbers, 1 to 118
  std::vector<Vec3> positions;   // [n] A
  std::vector<Vec3> velocities;  // [n] A/fs; empty when the file has none
  Mat3 cell{};                   // A, rows are lattice vectors; zero when aperiodic
  Periodicity periodic;
  std::string source;   // "water.xyz, frame 3", for messages
  std::string remarks;  // what else an extended XYZ says of it: key=value, separated by blanks
  std::vector<double> masses{};              // [n] u; empty: the standard ones
  std::vector<char> fixed{};                 // [n] not 0: held where it is; empty: none is
  std::vector<std::pair<int, int>> bonds{};  // that the file lists: first < second, sorted
  double charge = 0;                         // e; NaN: the file gives one that is no number
  double spin = 0;                           // as the file says it; 0: nothing
  int formal_charge = 0;                     // e, sum of those of a PDB or mmCIF file's atoms
  std::string columns{};  // further columns of an extended XYZ, as in Properties: "tags:I:1"
  std::vector<std::string> column_text{};  // [n] what stands in them; empty without such columns
  std::string velocity_unit{};             // in which the file's velocities were taken to be
  std::vector<std::string> warnings{};     // of the reader: what the user should know

  int size() const { return static_cast<int>(numbers.size()); }
  double mass(int i) const;  // u
  bool is_fixed(int i) const { return !fixed.empty() && fixed[i] != 0; }
  int n_fixed() const;
};

/// Throws InputError naming `source` unless the structure can be simulated: at least one atom,
/// finite positions, known elements, a cell with volume along every periodic direction, and no two
/// atoms (images included) closer than 0.01 A.
void validate(const Structure& structure);

/// Where the atoms of each system begin when all stand back to back, and where the last ones end:
/// [systems + 1]. Throws InputError when the batch has more atoms than an int can count.
std::vector<int> first_atoms(std::span<const Structure> systems);

/// Chemical symbol of an atomic number, "H" to "Og".
const char* symbol(int number);
/// Atomic number of a symbol ("O", also "o" or "OW" from a PDB file's columns is not taken); 0 if
/// none.
int atomic_number(const std::string& symbol);
/// Standard atomic weight in u (IUPAC as ASE 3.29 lists it; most stable isotope where there is
/// none).
double standard_mass(int number);
/// Masses that are all the standard ones, to the last digit, need not be written down.
void drop_standard_masses(Structure& structure);
/// An isotope that has a symbol of its own: D, T, of hydrogen. In any case of the letter.
struct Isotope {
  int number = 0;   // 0: the symbol is none of these
  double mass = 0;  // u, AME2020; 0: the standard one
};
Isotope isotope(std::string_view symbol);
/// Covalent radius in A (Cordero et al. 2008); 1.7 beyond curium.
double covalent_radius(int number);
/// "C2H4O2": carbon, hydrogen, then the alphabet (Hill order).
std::string formula(const std::vector<int>& numbers);

}  // namespace md
