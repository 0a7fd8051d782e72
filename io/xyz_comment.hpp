#pragma once

#include <string>
#include <string_view>

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
  int total = 0;      // columns the Properties declare
};

/// What the second line of an XYZ frame says.
struct XyzComment {
  bool has_properties = false;
  XyzColumns columns;
  Mat3 cell{};
  Periodicity periodic;
  std::string remarks;  // see Structure
};

/// Reads the second line of a frame; `source` stands there and makes the errors.
XyzComment parse_xyz_comment(const TextSource& source, std::string_view line);

}  // namespace md
