#pragma once

#include "io/text_source.hpp"
#include "md/structure.hpp"

namespace md {

/// Makes `s` periodic in a cell of these lengths (A) and angles (degrees), a along x, b in the xy
/// plane; lengths of 1 A each, or of 0, are how files say that there is no cell. Throws InputError
/// where `source` stands, with `what` named, when they make no cell.
void set_cell(const TextSource& source, const double (&length)[3], const double (&angle)[3],
              const std::string& what, Structure& s);

/// Warns where the file holds the asymmetric unit of a crystal only.
void warn_of_symmetry(std::string_view space_group, Structure& s);

}  // namespace md
