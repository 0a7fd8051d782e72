#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/site.hpp"

// What the library gemmi reads for us. Its headers are heavy: only gemmi_reader.cpp includes them.

namespace md {

/// Fills in what gemmi makes of ATOM and HETATM records, 80 columns each, of one model: name,
/// residue, place, location, occupancy, element, charge. `sites`: one per record, in order, with
/// line and position.
void read_pdb_records(const std::string& records, std::vector<Site>& sites);

/// A data block of an mmCIF file with what may be used of it.
struct MmcifBlock {
  int line = 0;                           // where its table of atoms begins
  std::vector<std::vector<Site>> models;  // Site::line is the number of the row, from 1
  double length[3] = {}, angle[3] = {};   // of the cell; zero lengths: there is none
  std::string space_group;
};
/// Throws InputError "path:line: ..." for what is no mmCIF or lacks coordinates.
std::vector<MmcifBlock> read_mmcif_blocks(const std::string& path, std::string_view text);

/// An amino acid, a nucleotide or water, also by the names of force fields.
bool is_standard_residue(const std::string& name);

}  // namespace md
