#include "io/checkpoint_rotation.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "io/append_file.hpp"
#include "md/errors.hpp"

namespace md {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const char* call, const std::string& why) {
  throw FileError(path + ": " + call + " failed: " + why);
}

void rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) fail(to, "rename", std::strerror(errno));
}

/// A second name for a file; where the file system has no links, a copy.
void duplicate(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::remove(to, error);
  fs::create_hard_link(from, to, error);
  if (!error) return;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) fail(to, "copy", error.message());
  sync_file(to);
}

std::string numbered(const std::string& path, int k) { return path + "." + std::to_string(k); }

}  // namespace

void sync_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "open", std::strerror(errno));
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (result != 0 && error != EINVAL && error != EROFS) fail(path, "fsync", std::strerror(error));
}

void rotate_into_place(const std::string& temporary, const std::string& path, int keep) {
  std::error_code error;
  if (keep > 1 && fs::exists(path, error)) {
    for (int k = keep - 1; k > 1; --k)
      if (fs::exists(numbered(path, k - 1), error))
        rename_file(numbered(path, k - 1), numbered(path, k));
    // The current one keeps its name until the new one takes it.
    const std::string second_name = numbered(path, 1) + ".tmp";
    duplicate(path, second_name);
    rename_file(second_name, numbered(path, 1));
  }
  rename_file(temporary, path);
  for (int k = std::max(keep, 1); fs::exists(numbered(path, k), error); ++k)
    fs::remove(numbered(path, k), error);
  sync_folder(fs::path(path).parent_path().string());
}

}  // namespace md
