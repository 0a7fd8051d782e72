#include "io/checkpoint_rotation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

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

void rotate_into_place(AtomicFile& file, int keep) {
  const std::string& path = file.path();
  std::error_code error;
  // A disk that cannot take the new one shall not cost an old one.
  sync_file(file.temporary());
  if (keep > 1 && fs::exists(path, error)) {
    for (int k = keep - 1; k > 1; --k)
      if (fs::exists(numbered(path, k - 1), error))
        rename_file(numbered(path, k - 1), numbered(path, k));
    // The current one keeps its name until the new one takes it.
    const std::string second_name = numbered(path, 1) + ".tmp";
    duplicate(path, second_name);
    rename_file(second_name, numbered(path, 1));
    fs::remove(second_name, error);  // it stays where both were names of one file already
  }
  file.put_in_place();
  for (int k = std::max(keep, 1); fs::exists(numbered(path, k), error); ++k)
    fs::remove(numbered(path, k), error);
}

}  // namespace md
