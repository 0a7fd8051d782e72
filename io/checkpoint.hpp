#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace md {

/// Named arrays and texts that make an exact continuation possible. Every getter throws InputError
/// when the name is not there, is of another kind or, where `size` is given, of another size.
class Checkpoint {
 public:
  using Value = std::variant<std::vector<double>, std::vector<std::int64_t>, std::string>;
  static constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();

  void set(const std::string& name, std::vector<double> values);
  void set(const std::string& name, std::string text);
  /// Whole numbers of any width.
  template <std::integral T>
  void set(const std::string& name, const std::vector<T>& values) {
    values_[name] = std::vector<std::int64_t>(values.begin(), values.end());
  }

  /// Whether there is an array or text of this name.
  bool has(const std::string& name) const { return values_.contains(name); }
  const std::vector<double>& doubles(const std::string& name, std::size_t size = any_size) const;
  const std::vector<std::int64_t>& integers(const std::string& name,
                                            std::size_t size = any_size) const;
  const std::string& text(const std::string& name) const;
  /// Like integers(), as int, std::uint32_t ...; an error when one does not fit.
  template <std::integral T>
  std::vector<T> integers_as(const std::string& name, std::size_t size = any_size) const {
    const std::vector<std::int64_t>& all = integers(name, size);
    for (const std::int64_t value : all)
      if (!std::in_range<T>(value)) fail(name, "holds a number that is out of range");
    return std::vector<T>(all.begin(), all.end());
  }

  const std::map<std::string, Value>& values() const { return values_; }
  /// What messages call it; read_checkpoint() puts the path here.
  std::string source = "checkpoint";

 private:
  [[noreturn]] void fail(const std::string& name, const std::string& what) const;
  const Value& find(const std::string& name) const;
  std::map<std::string, Value> values_;
};

/// Replaces the file at `path` (netCDF, CDF-5) atomically: there is the old or the new one at any
/// time. The `keep` - 1 before it stay as path.1, path.2 ... Throws FileError and leaves the old
/// ones.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint, int keep);

/// Throws InputError when there is no such file or it is not a complete checkpoint of this version
/// of the format; a SHA-256 over the whole file, looked at first, guards against truncation and
/// damage.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace md
