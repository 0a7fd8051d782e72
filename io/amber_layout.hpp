#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace md {

/// What decides the variables of an AMBER NetCDF file.
struct AmberLayout {
  int n_atoms = 0;
  int n_replicas = 1;  // more than one: packed, with a value per replica instead of one
  bool cell = false, velocities = false, forces = false;

  bool packed() const { return n_replicas > 1; }
  /// Bytes of one frame: all record variables one after another, big-endian, no gaps.
  std::int64_t record_bytes() const;
};

/// Amber's time unit: velocities are stored in A/ps divided by this, with it as scale_factor.
inline constexpr double amber_velocity_scale = 20.455;

/// The file without frames: CDF-2 header and the constant variables (labels, atom_types = atomic
/// numbers, of packed files replica_atoms). Frames of record_bytes() follow in the order time,
/// coordinates, velocities, forces, cell_lengths, cell_angles, step, potential_energy,
/// kinetic_energy, temperature, status (packed files). Throws InputError when a variable of one
/// frame would reach the 4 GiB the format allows, FileError when netCDF reports a failure.
std::string amber_header(const AmberLayout& layout, const std::vector<int>& numbers,
                         const std::vector<int>& first_atom, const std::string& title);

/// Whether the frames of a file have a cell; of a packed one that depended on its first frame.
bool amber_has_cell(const std::string& path);
/// Throws InputError unless the file at `path` has this layout, with `bytes` being header plus
/// whole frames.
void check_amber_layout(const std::string& path, const AmberLayout& layout, std::int64_t bytes,
                        std::int64_t frames);

}  // namespace md
