#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace md {

/// A file that only grows, in whole pieces: a piece that cannot be written is taken away again, so
/// that the file always ends with a complete one. Owns the descriptor; move-only. Every failure is
/// a FileError that names the file and the call.
class AppendFile {
 public:
  /// A new empty file; one that is there is emptied.
  static AppendFile create(const std::string& path);
  /// Opens a file to go on at `bytes`; cut_back() must follow before anything is written. Throws
  /// FileError when it is missing or shorter.
  static AppendFile resume(const std::string& path, std::int64_t bytes);
  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  /// Takes away what stands behind size().
  void cut_back();
  void append(std::string_view piece);
  /// Overwrites bytes that are there already.
  void patch(std::int64_t offset, std::string_view bytes);
  /// Takes away everything behind `bytes`; never throws.
  void cut(std::int64_t bytes) noexcept;
  /// Exactly `n` bytes from `offset`.
  std::string read(std::int64_t offset, std::size_t n) const;
  /// Throws FileError where the file was deleted, or shortened or lengthened by somebody else.
  void check_there() const;
  /// Waits until everything is on the disk.
  void sync();
  std::int64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  AppendFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  void write_at(std::int64_t offset, std::string_view bytes) const;
  [[noreturn]] void fail(const char* call) const;

  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

/// Raises the limit of open files as far as the system allows. Throws InputError that names
/// output.layout = packed when `more` further files cannot be open at once.
void reserve_descriptors(std::int64_t more);

}  // namespace md
