#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// One replica in one frame of a trajectory that a run wrote.
struct TrajectoryFrame {
  std::int64_t step = 0;
  double time_ps = 0;
  int replica = 0;
  Structure system;  // positions and cell of the frame; without velocities
};

/// The frames of one file: trajectory.xyz or trajectory.nc and its like of one replica or packed.
/// `systems`: every replica of the run, for elements and periodicity; `replica`: whose file it is,
/// -1 for a packed one. Positions of an AMBER file are float32, and turned to where its cell is.
/// Frames of replicas that ran no more are left out. Throws InputError when the file is not one of
/// these systems, FileError when netCDF cannot read it.
std::vector<TrajectoryFrame> read_trajectory(const std::string& path,
                                             const std::vector<Structure>& systems, int replica);

}  // namespace md
