#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/text_source.hpp"

namespace md {

/// First column and width of what is read of an atom's line; -1: not there.
struct XyzColumns {
  int species = -1;
  bool species_is_number = false;
  int position = -1;
  int velocity = -1;  // A/fs
  int momentum = -1;  // ASE's unit
  int mass = -1;      // u
  int moves = -1;     // ASE's move_mask: F is held
  int move_width = 1;
  int total = 0;          // columns the Properties declare
  std::string names;      // of those that are written again, as in Properties
  std::vector<int> kept;  // and their columns
};

/// What the second line of an XYZ frame says.
struct XyzComment {
  bool has_properties = false;
  XyzColumns columns;
  Mat3 cell{};
  Periodicity periodic;
  double length = 1;  // A, the unit of coordinates
  double charge = 0, spin = 0;
  std::string remarks;                // see Structure
  std::vector<std::string> warnings;  // see Structure
};

/// Reads the second line of a frame; `source` stands there and makes the errors.
XyzComment parse_xyz_comment(const TextSource& source, std::string_view line);

/// The columns that Properties declare.
XyzColumns parse_xyz_properties(const TextSource& source, std::string_view text);

/// T, True, .true., 1 and their likes; `what` names it in the error.
bool parse_xyz_logical(const TextSource& source, std::string_view text, const std::string& what);

/// Takes what i-PI and CP2K write in this line, units above all, with a warning. True where the
/// line is one of i-PI's: then it says nothing else.
bool parse_foreign_comment(const TextSource& source, std::string_view line, XyzComment& comment);

}  // namespace md
