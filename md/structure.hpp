#pragma once

#include <span>
#include <string>
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

  int size() const { return static_cast<int>(numbers.size()); }
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
/// Covalent radius in A (Cordero et al. 2008); 1.7 beyond curium.
double covalent_radius(int number);
/// "C2H4O2": carbon, hydrogen, then the alphabet (Hill order).
std::string formula(const std::vector<int>& numbers);

}  // namespace md
