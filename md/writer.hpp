#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// What a trajectory writer must know of the batch before the first frame.
struct Batch {
  std::vector<int> first_atom;        // [n_replicas + 1]
  std::vector<int> numbers;           // [n_atoms]
  std::vector<Periodicity> periodic;  // [n_replicas]
  std::vector<std::uint32_t> ids;     // [n_replicas] the replicas' own numbers
  int n_replicas() const { return static_cast<int>(first_atom.size()) - 1; }
};

/// The whole batch at one step, on the host. Units: A, A/fs, eV/A, eV, K.
struct Frame {
  std::int64_t step = 0;
  double time_ps = 0;
  std::vector<Vec3> position, velocity, force;  // [n_atoms]; velocity, force empty when not written
  std::vector<Mat3> cell;                       // [n_replicas]
  std::vector<double> potential, kinetic, temperature;  // [n_replicas]
  std::vector<Mat3> stress;      // [n_replicas] eV/A^3, ASE's sign; empty: not known
  std::vector<int> status;       // [n_replicas] Status; only running ones get a frame
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

/// A trajectory format. Used by one thread, the output thread.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Throws FileError; then the files are readable up to the last frame written before.
  virtual void write(const Frame& frame) = 0;
  /// Brings everything to the disk and says how far each file is complete.
  virtual std::vector<FileMark> flush() = 0;
};

}  // namespace md
