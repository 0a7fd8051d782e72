#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace md {

/// How much of a file may be held at once: a third of the memory that is free, since buffers double
/// while they grow and what is read stands beside them.
class ReadingRoom {
 public:
  explicit ReadingRoom(std::string path);
  /// Throws ResourceError where `bytes` are too many.
  void check(std::uintmax_t bytes) const;

 private:
  std::string path_;
  std::size_t room_;
};

/// Everything in a file, which may be a pipe, of up to `most` bytes. `wanted` ("a structure file")
/// ends the message of the InputError where there is nothing to read, too much, or no end (a
/// device). Throws ResourceError as ReadingRoom does.
std::string read_file(const std::string& path, const std::string& wanted,
                      std::size_t most = std::numeric_limits<std::size_t>::max());
/// A file's content as text: without the byte order mark that some editors put first. Throws
/// InputError for UTF-16.
std::string plain_text(const std::string& path, std::string content, const std::string& wanted);
/// Both.
std::string read_text_file(const std::string& path, const std::string& wanted,
                           std::size_t most = std::numeric_limits<std::size_t>::max());

/// A file that takes the place of another in one step: whoever looks finds the old or the new one,
/// complete, also after the power failed. Where put_in_place() is never reached, nothing is left.
class AtomicFile {
 public:
  /// Removes a temporary that a killed program left; whoever writes the new one creates it
  /// (O_EXCL), so that nothing is written through a link.
  explicit AtomicFile(std::string path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  const std::string& path() const { return path_; }
  /// Where the new one is to be written.
  const std::string& temporary() const { return temporary_; }
  /// Brings it to the disk, gives it its name and brings that to the disk. Throws FileError.
  void put_in_place();

 private:
  std::string path_, temporary_;
  bool in_place_ = false;
};

/// Makes or replaces a file as AtomicFile does. Throws FileError.
void write_file(const std::string& path, std::string_view content);

/// Waits until a file's content is on the disk. Throws FileError, as the next two.
void sync_file(const std::string& path);
/// Waits until names made or changed in a folder are on the disk.
void sync_folder(const std::string& folder);
/// Waits until everything written to the folder's file system is on the disk: for many files much
/// faster than one after another.
void sync_file_system(const std::string& folder);
/// A file that grows past the limit on its size shall be an error of the call, not end the program.
void ignore_file_size_signal();

}  // namespace md
