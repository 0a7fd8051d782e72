#include "io/cell_parameters.hpp"
#include "io/gemmi_reader.hpp"
#include "io/site.hpp"
#include "io/structure_reader.hpp"

namespace md {
namespace {

/// Every model of every data block. Alternate locations, formal charges and the cell are treated
/// as in a PDB file; its tables of bonds are ignored, since they name no bonds within residues.
std::vector<Structure> read_mmcif(const std::string& path, std::string_view text) {
  const TextSource source(path, text);
  std::vector<Structure> frames;
  int dropped = 0;
  for (const MmcifBlock& block : read_mmcif_blocks(path, text)) {
    Structure cell;
    set_cell(source.at(block.line), block.length, block.angle, "_cell", cell);
    if (cell.periodic.any()) warn_of_symmetry(block.space_group, cell);
    for (const std::vector<Site>& sites : block.models) {
      Structure s = structure_of(source, sites, {}, dropped);
      s.cell = cell.cell;
      s.periodic = cell.periodic;
      if (frames.empty()) s.warnings = cell.warnings;
      frames.push_back(std::move(s));
    }
  }
  if (frames.empty()) source.fail_at(1, "the file has no atoms; at least one is wanted");
  if (dropped > 0) frames[0].warnings.push_back(alternates_warning(dropped));
  return frames;
}

const bool registered = structure_formats().add("mmcif", {"mmCIF", {".cif", ".mmcif"}, read_mmcif});

}  // namespace
}  // namespace md
