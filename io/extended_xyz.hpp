#pragma once

#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// How velocities stand in a frame: as ASE reads them, or in A/fs, which our reader takes back bit
/// by bit.
enum class XyzVelocities { none, momenta, velocities };

/// What a frame says besides the structure.
struct ExtendedXyzFields {
  std::vector<std::pair<std::string, std::string>> info;  // key, value; quoted where needed
  std::string remarks;                                    // of a Structure, as they stand
  std::string columns;                                    // of a Structure, likewise
  std::span<const std::string> column_text;               // [n] what stands in them
  std::optional<double> energy;                           // eV
  std::optional<Mat3> stress;                             // eV/A^3, ASE's sign
  std::span<const Vec3> forces;                           // [n] eV/A; empty: not written
  std::string energy_name = "energy", forces_name = "forces";
  XyzVelocities velocities = XyzVelocities::none;  // written when the structure has them
};

/// One system as it is written; the arrays are not owned.
struct XyzView {
  std::span<const int> numbers;                 // [n]
  std::span<const Vec3> positions, velocities;  // [n] A, A/fs; velocities may be empty
  Mat3 cell{};                                  // written where periodic
  Periodicity periodic;
  std::span<const double> masses{};  // [n] u; empty: the standard ones, which are not written
  std::span<const char> fixed{};     // [n] held atoms, as ASE's move_mask; empty: none, not written
};

/// Appends one frame to `text`. Numbers are the shortest that read back to the same double.
void append_extended_xyz(std::string& text, const XyzView& system, const ExtendedXyzFields& fields);
/// Writes one frame; the caller checks the stream.
void write_extended_xyz(std::ostream& out, const Structure& structure,
                        const ExtendedXyzFields& fields);

}  // namespace md
