#include "io/append_file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "md/errors.hpp"
#include "md/files.hpp"

namespace md {
namespace {

int open_file(const std::string& path, int flags) {
  ignore_file_size_signal();
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0 && errno == ELOOP)
    throw FileError(path + ": is a symbolic link; nothing is written through one");
  if (descriptor < 0)
    throw FileError(path + ": cannot be opened for writing: " + std::strerror(errno));
  return descriptor;
}

}  // namespace

AppendFile AppendFile::create(const std::string& path) {
  return {path, open_file(path, O_RDWR | O_CREAT | O_TRUNC)};
}

AppendFile AppendFile::resume(const std::string& path, std::int64_t bytes) {
  AppendFile file(path, open_file(path, O_RDWR));
  struct stat status {};
  if (::fstat(file.descriptor_, &status) != 0) file.fail("fstat");
  if (status.st_size < bytes)
    throw FileError(path + ": has " + std::to_string(status.st_size) +
                    " bytes, but the checkpoint continues it from byte " + std::to_string(bytes) +
                    "; the file the checkpoint was written with is wanted");
  file.size_ = bytes;
  return file;
}

void AppendFile::cut_back() {
  if (::ftruncate(descriptor_, size_) != 0) fail("ftruncate");
}

AppendFile::AppendFile(AppendFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

AppendFile& AppendFile::operator=(AppendFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendFile::fail(const char* call) const {
  throw FileError(path_ + ": " + call + " failed: " + std::strerror(errno));
}

void AppendFile::write_at(std::int64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += n;
  }
}

void AppendFile::append(std::string_view piece) {
  check_there();  // later a hole of zeros would hide that it was cut
  try {
    write_at(size_, piece);
  } catch (const FileError&) {
    cut(size_);
    throw;
  }
  size_ += static_cast<std::int64_t>(piece.size());
}

void AppendFile::patch(std::int64_t offset, std::string_view bytes) { write_at(offset, bytes); }

void AppendFile::cut(std::int64_t bytes) noexcept {
  if (::ftruncate(descriptor_, bytes) == 0) size_ = bytes;
}

std::string AppendFile::read(std::int64_t offset, std::size_t n) const {
  std::string bytes(n, '\0');
  std::size_t done = 0;
  while (done < n) {
    const ssize_t got = ::pread(descriptor_, bytes.data() + done, n - done,
                                offset + static_cast<std::int64_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;
    if (got <= 0) fail("read");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

void AppendFile::check_there() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail("fstat");
  if (!S_ISREG(status.st_mode)) return;
  if (status.st_nlink == 0) throw FileError(path_ + ": was deleted while it was being written");
  if (status.st_size != size_)
    throw FileError(path_ + ": was changed by something else while it was being written: it has " +
                    std::to_string(status.st_size) + " bytes instead of " + std::to_string(size_));
}

void AppendFile::sync() {
  // Files that are no files (a pipe, /dev/null) cannot be synchronised and need not be.
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) fail("fdatasync");
}

void reserve_descriptors(std::int64_t more) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = raised.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  std::int64_t open = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error))
    ++open;
  constexpr std::int64_t spare = 32;  // for log, checkpoint, models, devices
  if (limit.rlim_cur != RLIM_INFINITY &&
      open + more + spare > static_cast<std::int64_t>(limit.rlim_cur))
    throw InputError("output.layout is separate, which needs " + std::to_string(more) +
                     " open files, but this system allows " + std::to_string(limit.rlim_cur) +
                     "; output.layout = packed writes one file for the whole batch");
}

}  // namespace md
