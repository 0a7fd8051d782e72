#pragma once

#include <string>

#include "md/writer.hpp"

namespace md {

/// Writes topology.pdb, of several replicas topology.r0000.pdb ... (packed: one file), into the
/// folder: the first frame, for tools that need it beside trajectory.nc, in the same orientation.
/// CONECT records hold the bonds that the structure files listed. Atom names are unique within a
/// residue; a replica is a chain of as many residues as that takes. Throws FileError, then without
/// leaving an unfinished file.
void write_topology(const std::string& directory, const Batch& batch, const Frame& frame,
                    bool packed);

}  // namespace md
