#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "md/input/input.hpp"

namespace md {

/// The input of a run as numbers, checked. What is per replica needs their number and comes later.
struct RunOptions {
  int replicas = 1;
  std::uint32_t first_id = 0, seed = 0, stage = 1;
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
  double max_force = std::numeric_limits<double>::infinity();        // eV/A
  double max_uncertainty = std::numeric_limits<double>::infinity();  // eV/A
  std::optional<double> max_temperature;  // K, infinite when off; nothing: auto
  std::optional<double> min_distance;     // A, 0 when off; nothing: auto

  int threads = 1;
  bool strict = false, progress = true;
  double max_time = std::numeric_limits<double>::infinity();  // s
};

/// The sections of the input file that a run takes.
std::vector<std::string> run_sections();
/// Throws InputError for anything impossible.
RunOptions read_run_options(const Input& input);

/// A key of steps or a time as steps, at least one. time_step in fs.
std::int64_t read_steps(const Input& input, const std::string& key, double time_step);

}  // namespace md
