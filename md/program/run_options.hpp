#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "md/input.hpp"
#include "md/potential.hpp"
#include "md/safety.hpp"

namespace md {

/// The input of a run as numbers, checked. What is per replica needs their number and comes later.
struct RunOptions {
  int replicas = 1;
  std::uint32_t first_id = 0, seed = 0;
  std::string velocities;
  bool remove_drift = true;

  double time_step = 0;  // fs
  std::int64_t steps = 0;

  std::string directory;
  std::vector<std::string> formats;       // of the trajectory, by writer name
  std::int64_t every = 0, log_every = 0;  // steps
  bool write_velocities = false, write_forces = false, packed = false, overwrite = false;

  Interval checkpoint_every;
  int keep = 2;
  double skin = 1;
  bool stop_on_failure = false;
  SafetyLimits limits;

  int threads = 1;
  bool strict = false, progress = true;
  double max_time = std::numeric_limits<double>::infinity();  // s
};

/// Throws InputError for anything impossible.
RunOptions read_run_options(const Input& input);

/// A key of steps or a time as steps, at least one. time_step in fs.
std::int64_t read_steps(const Input& input, const std::string& key, double time_step);
/// run.threads as a number; auto is the number of cores this process may use.
int read_threads(const Input& input);
/// run.device; names the key in what it throws.
Device read_device(const Input& input);
/// The potential of section [potential]; throws what its factory throws, with the key named.
std::unique_ptr<Potential> make_potential(const Input& input, const Device& device);
/// Frames of a file of system.structure, checked; names the key for a file that is not there.
std::vector<Structure> read_structure_file(const Input& input, const std::string& path,
                                           const std::string& key = "system.structure");
/// Of all files of system.structure.
std::vector<Structure> read_all_structures(const Input& input);
/// Throws InputError when the potential cannot treat one of the systems. Warns about what it can
/// but should not do. `drives`: whether its forces move atoms.
void check_systems(const Input& input, const Potential& potential, const Device& device,
                   const std::vector<Structure>& systems, bool drives = true);

/// A line of its own on standard error that begins with "warning:".
void warn(const std::string& what);

}  // namespace md
