#include "io/replica_files.hpp"

#include <algorithm>
#include <cstdio>

#include "md/errors.hpp"
#include "md/files.hpp"
#include "md/state.hpp"

namespace md {

std::string replica_file_name(const std::string& stem, const std::string& extension, int replica,
                              int n_files) {
  if (n_files == 1) return stem + extension;
  char number[16];
  std::snprintf(number, sizeof number, ".r%04d", replica);
  return stem + number + extension;
}

ReplicaFiles::ReplicaFiles(const WriterOptions& options, const std::string& stem,
                           const std::string& extension)
    : directory_(options.directory), stem_(stem), extension_(extension) {
  n_files_ = options.packed ? 1 : std::max(1, options.batch.n_replicas());
  std::vector<FileMark> marks;
  for (const FileMark& mark : options.resume) {
    const bool ours = mark.name.starts_with(stem + ".") && mark.name.ends_with(extension);
    if (ours) marks.push_back(mark);
  }
  files_.reserve(static_cast<std::size_t>(n_files_));
  if (marks.empty()) {
    reserve_descriptors(n_files_);
    for (int k = 0; k < n_files_; ++k)
      files_.push_back({AppendFile::create(directory_ + "/" + name(k)), name(k), 0});
    return;
  }
  resumed_ = true;
  if (static_cast<int>(marks.size()) != n_files_)
    throw InputError(directory_ + ": was written with " + std::to_string(marks.size()) + " " +
                     extension + " files, but " + std::to_string(n_files_) +
                     " are to be continued; output.layout cannot change in a restart");
  reserve_descriptors(n_files_);
  for (int k = 0; k < n_files_; ++k) {
    const auto mark = std::find_if(marks.begin(), marks.end(),
                                   [&](const FileMark& m) { return m.name == name(k); });
    if (mark == marks.end())
      throw FileError(directory_ + "/" + name(k) + ": the checkpoint does not know this file");
    files_.push_back(
        {AppendFile::resume(directory_ + "/" + mark->name, mark->bytes), mark->name, mark->frames});
  }
}

void ReplicaFiles::cut_back() {
  for (ReplicaFile& f : files_) f.file.cut_back();
}

std::vector<FileMark> ReplicaFiles::flush() {
  constexpr int many = 32;
  std::vector<FileMark> marks;
  for (ReplicaFile& f : files_) {
    f.file.check_there();
    if (n_files_ <= many) f.file.sync();
    marks.push_back({f.name, f.file.size(), f.frames});
  }
  if (n_files_ > many) {
    sync_file_system(directory_);
  } else if (!folder_synced_) {
    sync_folder(directory_);
    folder_synced_ = true;
  }
  return marks;
}

bool is_written(const Frame& frame, int replica) {
  if (frame.status.empty()) return true;
  const int status = frame.status[static_cast<std::size_t>(replica)];
  return status == static_cast<int>(Status::running) ||
         status == static_cast<int>(Status::finished);
}

}  // namespace md
