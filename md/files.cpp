#include "md/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "md/device/host_memory.hpp"
#include "md/errors.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what, int error) {
  throw FileError(path + ": " + what + ": " + std::strerror(error));
}

void sync(const std::string& path, int flags, int (*call)(int), const char* name) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0) fail(path, "cannot be opened", errno);
  const int result = call(descriptor);
  const int error = errno;
  ::close(descriptor);
  // What is no file on a disk cannot be synchronised and need not be.
  if (result != 0 && error != EINVAL && error != EROFS)
    fail(path, std::string(name) + " failed", error);
}

/// Of character devices: terminals, and what can be read as empty.
bool ends_on_its_own(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat what {};
  const bool known = descriptor >= 0 && ::fstat(descriptor, &what) == 0;
  const bool terminal = descriptor >= 0 && ::isatty(descriptor) != 0;
  if (descriptor >= 0) ::close(descriptor);
  return terminal || (known && what.st_rdev == makedev(1, 3));  // /dev/null
}

std::string or_here(const std::string& folder) { return folder.empty() ? "." : folder; }

}  // namespace

ReadingRoom::ReadingRoom(std::string path)
    : path_(std::move(path)), room_(free_host_memory() / 3) {}

void ReadingRoom::check(std::uintmax_t bytes) const {
  if (bytes > room_)
    throw ResourceError(
        fmt::format("{}: has {} MB or more, too much for the {} MB of memory that are free", path_,
                    bytes >> 20, 3 * room_ >> 20));
}

std::string read_file(const std::string& path, const std::string& wanted, std::size_t most) {
  std::error_code error;
  const auto refuse = [&](const std::string& what) {
    throw InputError(path + ": " + what + "; " + wanted + " is wanted");
  };
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) refuse("is a folder");
  if (fs::is_block_file(status) || (fs::is_character_file(status) && !ends_on_its_own(path)))
    refuse("is a device");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse("cannot be opened: " + std::string(std::strerror(errno)));
  const std::uintmax_t size = fs::is_regular_file(status) ? fs::file_size(path, error) : 0;
  const ReadingRoom room(path);
  const auto check_size = [&](std::uintmax_t bytes) {
    if (bytes > most)
      refuse(fmt::format("has more than the {} bytes that such a file may have", most));
    room.check(bytes);
  };
  check_size(size);
  std::string content;
  content.reserve(size);
  char block[1 << 16];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    content.append(block, static_cast<std::size_t>(file.gcount()));
    if (content.size() > size) check_size(content.size());  // of a pipe, or a file that grows
  }
  if (file.bad()) refuse("cannot be read: " + std::string(std::strerror(errno)));
  return content;
}

std::string plain_text(const std::string& path, std::string text, const std::string& wanted) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
      (text.size() > 3 && text[0] != 0 && text[1] == 0 && text[2] != 0 && text[3] == 0))
    throw InputError(path + ":1: the file is UTF-16 text; " + wanted + " in UTF-8 is wanted");
  return text;
}

std::string read_text_file(const std::string& path, const std::string& wanted, std::size_t most) {
  return plain_text(path, read_file(path, wanted, most), wanted);
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), temporary_(path_ + ".tmp") {
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!in_place_) fs::remove(temporary_, ignored);
}

void AtomicFile::put_in_place() {
  sync_file(temporary_);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, "cannot be written", errno);
  in_place_ = true;
  sync_folder(fs::path(path_).parent_path().string());
}

void write_file(const std::string& path, std::string_view content) {
  ignore_file_size_signal();
  AtomicFile target(path);
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  File file(std::fopen(target.temporary().c_str(), "wbxe"), &std::fclose);
  if (!file || std::fwrite(content.data(), 1, content.size(), file.get()) != content.size() ||
      std::fflush(file.get()) != 0)
    fail(path, "cannot be written", errno);
  file.reset();
  target.put_in_place();
}

void sync_file(const std::string& path) { sync(path, 0, ::fsync, "fsync"); }

void sync_folder(const std::string& folder) {
  sync(or_here(folder), O_DIRECTORY, ::fsync, "fsync");
}

void sync_file_system(const std::string& folder) {
  sync(or_here(folder), O_DIRECTORY, ::syncfs, "syncfs");
}

void ignore_file_size_signal() {
  static const bool done = [] {
    struct sigaction current {};
    if (::sigaction(SIGXFSZ, nullptr, &current) == 0 && current.sa_handler == SIG_DFL)
      std::signal(SIGXFSZ, SIG_IGN);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace md
