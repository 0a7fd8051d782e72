#include "io/netcdf_header.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "md/errors.hpp"

namespace md {
namespace {

enum Tag : std::uint32_t { dimensions_tag = 10, variables_tag = 11, attributes_tag = 12 };

/// The header of a classic netCDF file (CDF-1, CDF-2, CDF-5), read without believing a number.
class HeaderCheck {
 public:
  explicit HeaderCheck(const std::string& path) : path_(path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) fail("it is no regular file");
    size_ = std::filesystem::file_size(path, error);
    file_.open(path, std::ios::binary);
    if (error || !file_) fail("it cannot be read");
    char magic[4] = {};
    for (char& c : magic) c = static_cast<char>(bytes(1));
    if (std::string_view(magic, 3) != "CDF") fail("it does not begin as one");
    version_ = magic[3];
    if (version_ != 1 && version_ != 2 && version_ != 5) fail("its version is unknown");
  }

  void run(bool data) {
    const std::uint64_t records = count();
    read_dimensions();
    read_attributes();
    read_variables();
    if (!data) return;
    for (const Variable& v : variables_) {
      if (v.begin < at_) fail("a variable begins in its header");
      if (v.grows && records == 0) continue;
      // A single growing variable is not padded.
      const std::uint64_t stride = n_growing_ == 1 ? v.bytes : record_bytes_;
      within(v.begin, v.grows ? records - 1 : 0, stride, v.bytes);
    }
  }

 private:
  struct Variable {
    std::uint64_t begin, bytes;
    bool grows;
  };

  [[noreturn]] void fail(const std::string& why) const {
    throw InputError(path_ + ": not a whole netCDF file of the kinds that understudy writes (" +
                     why + ")");
  }

  void need(std::uint64_t n) const {
    if (n > size_ - at_)
      fail("it has " + std::to_string(size_) + " bytes, and its header is longer");
  }

  std::uint64_t bytes(int n) {
    need(static_cast<std::uint64_t>(n));
    std::uint64_t value = 0;
    for (int k = 0; k < n; ++k) value = value << 8 | static_cast<unsigned char>(file_.get());
    at_ += static_cast<std::uint64_t>(n);
    return value;
  }
  std::uint64_t count() { return bytes(version_ == 5 ? 8 : 4); }

  /// Over n values of `width` bytes, which are padded to four.
  void skip(std::uint64_t n, std::uint64_t width = 1) {
    if (n > size_) fail("a length is beyond its end");
    const std::uint64_t padded = (n * width + 3) / 4 * 4;
    need(padded);
    at_ += padded;
    file_.seekg(static_cast<std::streamoff>(at_));
  }

  /// The number of elements of a list, each of at least eight bytes.
  std::uint64_t list(Tag wanted) {
    const std::uint64_t tag = bytes(4), n = count();
    if (tag != wanted && (tag != 0 || n != 0)) fail("its header is damaged");
    if (n > size_ / 8) fail("a list is beyond its end");
    return n;
  }

  std::uint64_t width_of(std::uint64_t type) const {
    constexpr std::uint64_t widths[] = {0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8};
    if (type < 1 || type >= std::size(widths)) fail("a type is unknown");
    return widths[type];
  }

  void read_dimensions() {
    for (std::uint64_t n = list(dimensions_tag); n > 0; --n) {
      skip(count());
      lengths_.push_back(count());
    }
  }

  void read_attributes() {
    for (std::uint64_t n = list(attributes_tag); n > 0; --n) {
      skip(count());
      const std::uint64_t width = width_of(bytes(4));
      skip(count(), width);
    }
  }

  void read_variables() {
    for (std::uint64_t n = list(variables_tag); n > 0; --n) {
      skip(count());
      const std::uint64_t rank = count();
      if (rank > size_ / 4) fail("a variable has too many dimensions");
      Variable v{0, 1, false};
      for (std::uint64_t k = 0; k < rank; ++k) {
        const std::uint64_t dimension = count();
        if (dimension >= lengths_.size()) fail("a dimension is missing");
        const std::uint64_t length = lengths_[dimension];
        if (k == 0 && length == 0)
          v.grows = true;
        else
          v.bytes = product(v.bytes, length);
      }
      read_attributes();
      v.bytes = product(v.bytes, width_of(bytes(4)));
      count();  // its size, which follows from the dimensions
      v.begin = bytes(version_ == 1 ? 4 : 8);
      variables_.push_back(v);
      if (!v.grows) continue;
      ++n_growing_;
      record_bytes_ += (v.bytes + 3) / 4 * 4;
    }
  }

  /// Of sizes in a file: no more than it has bytes.
  std::uint64_t product(std::uint64_t a, std::uint64_t b) const {
    if (b > 0 && a > size_ / b) fail("a variable is larger than the file");
    return a * b;
  }

  void within(std::uint64_t begin, std::uint64_t n, std::uint64_t stride,
              std::uint64_t last) const {
    const auto end = static_cast<unsigned __int128>(n) * stride + begin + last;
    if (end > size_)
      fail("it has " + std::to_string(size_) + " bytes, and its data end after " +
           std::to_string(static_cast<std::uint64_t>(end)));
  }

  std::string path_;
  std::ifstream file_;
  std::uint64_t size_ = 0, at_ = 0, record_bytes_ = 0;
  int version_ = 0, n_growing_ = 0;
  std::vector<std::uint64_t> lengths_;
  std::vector<Variable> variables_;
};

}  // namespace

void check_netcdf(const std::string& path, bool data) { HeaderCheck(path).run(data); }

}  // namespace md
