#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "md/force_uncertainty.hpp"
#include "md/registry.hpp"
#include "md/structure.hpp"

namespace md {

/// What a trajectory writer must know of the batch before the first frame.
struct Batch {
  std::vector<int> first_atom;               // [n_replicas + 1]
  std::vector<int> numbers;                  // [n_atoms]
  std::vector<Periodicity> periodic;         // [n_replicas]
  std::vector<std::uint32_t> ids;            // [n_replicas] the replicas' own numbers
  std::vector<double> masses{};              // [n_atoms] u; empty: the standard ones
  std::vector<char> fixed{};                 // [n_atoms] held ones; empty: there are none
  std::vector<std::pair<int, int>> bonds{};  // of atoms, that the structure files list; sorted
  int n_replicas() const { return static_cast<int>(first_atom.size()) - 1; }
};

/// The whole batch at one step, on the host. Units: A, A/fs, eV/A, eV, K.
struct Frame {
  std::int64_t step = 0;
  double time_ps = 0;
  std::vector<Vec3> position, velocity, force;  // [n_atoms]; velocity, force empty when not written
  std::vector<Mat3> cell;                       // [n_replicas]
  std::vector<double> potential, kinetic, temperature;  // [n_replicas]
  std::vector<Mat3> stress;                   // [n_replicas] eV/A^3, ASE's sign; empty: not known
  std::vector<int> status;                    // [n_replicas] Status; only running ones get a frame
  std::vector<ForceUncertainty> uncertainty;  // [n_replicas]; empty: not known
  std::vector<char> by_teacher;  // [n_replicas] moved by the teacher; empty: there is no handover
};

/// How far a file is complete: restart cuts it back to here.
struct FileMark {
  std::string name;  // within the output folder
  std::int64_t bytes = 0;
  std::int64_t frames = 0;
};

/// What a writer is made from.
struct WriterOptions {
  std::string directory;
  const Batch& batch;
  bool velocities = false, forces = false;
  bool packed = false;
  std::string title;
  std::vector<FileMark> resume;  // not empty: cut these files back and append
};

/// The files of one trajectory while they grow. Used by one thread, the output thread.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Throws FileError; then the files are readable up to the last frame written before.
  virtual void write(const Frame& frame) = 0;
  /// Brings everything to the disk and says how far each file is complete.
  virtual std::vector<FileMark> flush() = 0;
};

/// One replica in one frame of a trajectory that a run wrote.
struct TrajectoryFrame {
  std::int64_t step = 0;
  double time_ps = 0;
  int replica = 0;
  Structure system;  // positions and cell of the frame; without velocities
};

/// A format of trajectories; the file that writes it registers it.
struct TrajectoryFormat {
  std::string help;       // one line: what it is and who reads it
  std::string extension;  // ".nc": the files are trajectory.nc, trajectory.r0000.nc ...

  /// With options.resume it cuts its files back to their marks and goes on from there. Throws
  /// InputError for velocities, forces or a layout other than in the files to continue, and when
  /// the files are too many; FileError when a file to continue is missing, too short or not one of
  /// this batch.
  std::function<std::unique_ptr<Writer>(const WriterOptions&)> make;

  /// About how many bytes a frame takes: of each atom, of each vector of an atom (positions,
  /// velocities, forces), of each replica. A run is warned by it of a disk that is too small.
  double atom_bytes = 0, vector_bytes = 0, replica_bytes = 0;

  /// The frames of one file of a run. `systems`: every replica of the run, for elements and
  /// periodicity; `replica`: whose file it is, -1 for a packed one. Frames of replicas that ran no
  /// more are left out. Throws InputError when the file is not one of these systems. Empty: the
  /// format cannot be read back.
  std::function<std::vector<TrajectoryFrame>(const std::string& path,
                                             const std::vector<Structure>& systems, int replica)>
      read = {};
  bool exact = false;    // what is read back has the same bits: preferred where there are several
  bool in_both = false;  // output.trajectory = both writes it
};

using TrajectoryFormats = Registry<TrajectoryFormat>;
/// The formats that output.trajectory can name.
TrajectoryFormats& trajectory_formats();
/// A writer of the format of this name. Throws InputError when there is none.
std::unique_ptr<Writer> make_writer(const std::string& format, const WriterOptions& options);

}  // namespace md
