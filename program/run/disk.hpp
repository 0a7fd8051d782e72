#pragma once

#include <cstdint>
#include <string>

#include "program/run/run_options.hpp"

namespace md {

/// About how many bytes the trajectories, the log and the checkpoints of a run will take; of one
/// that goes on after `done` steps, how many more.
double disk_need(const RunOptions& options, double atoms, double replicas, std::int64_t done = -1);
/// Bytes free where `folder` is or will be.
double free_disk(const std::string& folder);
/// Warns when a run may need more than there is; `done` as above.
void warn_of_small_disk(const RunOptions& options, double atoms, double replicas,
                        std::int64_t done = -1);
/// "12.3 MB".
std::string size_text(double bytes);

}  // namespace md
