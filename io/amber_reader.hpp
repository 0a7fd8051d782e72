#pragma once

#include <string>
#include <vector>

#include "md/writer.hpp"

namespace md {

/// See TrajectoryFormat::read. Positions are float32, and turned to where the file has its cell.
/// Throws FileError when netCDF cannot read the file.
std::vector<TrajectoryFrame> read_amber(const std::string& path,
                                        const std::vector<Structure>& systems, int replica);

}  // namespace md
