#pragma once

#include <string>
#include <vector>

#include "io/append_file.hpp"
#include "md/writer.hpp"

namespace md {

/// "trajectory.nc" of one file, "trajectory.r0003.nc" of several.
std::string replica_file_name(const std::string& stem, const std::string& extension, int replica,
                              int n_files);

/// One file of a trajectory and how many frames it has.
struct ReplicaFile {
  AppendFile file;
  std::string name;  // within the folder
  std::int64_t frames = 0;
};

/// The files of one trajectory: one per replica, or one for all (packed). All are open all the
/// time.
class ReplicaFiles {
 public:
  /// Makes the files, empty; when options.resume names them, opens those and changes nothing yet.
  ReplicaFiles(const WriterOptions& options, const std::string& stem, const std::string& extension);

  bool resumed() const { return resumed_; }
  /// Cuts resumed files back to their marks.
  void cut_back();
  int n_files() const { return n_files_; }
  ReplicaFile& operator[](int k) { return files_[static_cast<std::size_t>(k)]; }
  /// Brings all files and their names to the disk and says how far each is complete.
  std::vector<FileMark> flush();

 private:
  std::string name(int k) const { return replica_file_name(stem_, extension_, k, n_files_); }

  std::string directory_, stem_, extension_;
  int n_files_ = 1;
  bool resumed_ = false;
  bool folder_synced_ = false;
  std::vector<ReplicaFile> files_;
};

/// True when the replica has a status in this frame with which it gets frames: it is running or has
/// finished.
bool is_written(const Frame& frame, int replica);

}  // namespace md
