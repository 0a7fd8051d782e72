#pragma once

#include <string>
#include <utility>
#include <vector>

#include "md/input/input.hpp"

namespace md {

/// The output folder is this process's until this goes away, and no longer than the process lives.
/// The lock (flock) is on the folder itself: it leaves no file, and a copy is not locked.
class FolderLock {
 public:
  /// Throws InputError that names the process in whose hands it is; FileError when it cannot be
  /// opened. Where the file system has no such locks, a warning says so.
  explicit FolderLock(const std::string& path);
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FolderLock();

 private:
  int descriptor_ = -1;
};

/// Whether there is something in a folder. Throws FileError where that cannot be seen.
bool holds_files(const std::string& path);
/// Throws InputError when the folder exists, is not empty and may not be overwritten, is in use, or
/// is a file.
/// `way_on`: what else a user may do, "continue it with ...".
void check_output_folder(const Input& input, const std::string& path, bool overwrite,
                         const std::string& way_on);
/// The file that output.file, or another key of a file to write, names. Throws InputError where it
/// is one of the files that the input reads, however it is spelled, or there already without
/// output.overwrite = yes.
std::string output_file(const Input& input, const std::string& key = "output.file");
/// Throws InputError when two stages would write to one folder, however it is spelled.
void check_separate_folders(const std::vector<Input>& stages);
/// Makes the folder where it is not there. Throws FileError, and InputError where it is in use.
[[nodiscard]] FolderLock make_folder(const std::string& path);
/// The same, and removes from it what a run writes (nothing else, and not the start.xyz that
/// input.ini of a later stage begins with); first what says that there is a run.
[[nodiscard]] FolderLock make_output_folder(const std::string& path);

}  // namespace md
