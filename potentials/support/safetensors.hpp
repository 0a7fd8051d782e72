#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace md {

/// One tensor of a safetensors file; `data` lives as long as the file object.
struct StoredTensor {
  std::string type;                 // as the file says it: "F32", "I64", ...
  std::vector<std::int64_t> shape;  // row-major; empty: a scalar
  std::span<const std::byte> data;

  std::int64_t size() const;  // number of elements
};

/// A shape as text: "[128, 20]".
std::string describe_shape(const std::vector<std::int64_t>& shape);

/// A safetensors file held in memory: 8 bytes with the length of a JSON header (little endian), the
/// header, raw little-endian data. Format: github.com/huggingface/safetensors. Nothing the file
/// says is believed before it is checked: the tensors must fill the data section without hole or
/// overlap, every type times shape must be its bytes, and no name may stand twice.
class Safetensors {
 public:
  /// Throws InputError with the path and, where there is one, the tensor's name.
  explicit Safetensors(const std::string& path);
  Safetensors(Safetensors&&) noexcept = default;
  Safetensors(const Safetensors&) = delete;

  const std::string& path() const { return path_; }
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// The metadata value of `key`, "" when there is none.
  std::string metadata(const std::string& key) const;

  bool has(const std::string& name) const { return tensors_.contains(name); }
  /// Throws InputError when there is no tensor of this name.
  const StoredTensor& tensor(const std::string& name) const;
  /// A tensor of floating type (F64, F32, F16, BF16) as doubles, row-major. Throws InputError when
  /// it has another shape or type, or holds a number that is not finite.
  std::vector<double> values(const std::string& name, const std::vector<std::int64_t>& shape) const;

  /// Throws InputError "FILE: tensor 'NAME': WHAT".
  [[noreturn]] void fail(const std::string& name, const std::string& what) const;

 private:
  void read_header(std::span<const std::byte> header, std::span<const std::byte> data);

  std::string path_;
  std::string bytes_;
  std::map<std::string, StoredTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace md
