#include "program/run/disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "md/safety.hpp"
#include "md/writer.hpp"
#include "program/components.hpp"

namespace md {
namespace fs = std::filesystem;

double disk_need(const RunOptions& o, double atoms, double replicas, std::int64_t done) {
  // Of step 0 too, unless it is there already.
  const auto count = [&](std::int64_t every) {
    return o.steps / every + 1 - (done < 0 ? 0 : done / every + 1);
  };
  const std::int64_t n_frames = std::max(count(o.every), std::int64_t{0}),
                     n_rows = std::max(count(o.log_every), std::int64_t{0});
  const auto frames = static_cast<double>(n_frames);
  const double arrays = 1 + o.write_velocities + o.write_forces;
  double bytes = static_cast<double>(n_rows) * replicas * 130;
  for (const std::string& name : o.formats) {
    const TrajectoryFormat& format = trajectory_formats().find(name);
    bytes += frames * ((format.atom_bytes + format.vector_bytes * arrays) * atoms +
                       format.replica_bytes * replicas);
  }
  // State, neighbor reference and the kept good states; one more while it is being replaced.
  const int checkpoints = done < 0 ? o.keep + 1 : 1;
  return bytes + checkpoints * 24.0 * (4 + 3 * Safety::slots) * atoms;
}

double free_disk(const std::string& folder) {
  fs::path path(folder);
  while (!fs::exists(path) && path.has_parent_path()) path = path.parent_path();
  std::error_code error;
  const fs::space_info space = fs::space(path, error);
  return error ? 0 : static_cast<double>(space.available);
}

void warn_of_small_disk(const RunOptions& o, double atoms, double replicas, std::int64_t done) {
  const double need = disk_need(o, atoms, replicas, done), free = free_disk(o.directory);
  if (need > free)
    warn(fmt::format("the run may need {} in {}, where {} are free", size_text(need), o.directory,
                     size_text(free)));
}

std::string size_text(double bytes) {
  const char* const units[]{"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  for (; bytes >= 1000 && unit < 4; ++unit) bytes /= 1000;
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

}  // namespace md
