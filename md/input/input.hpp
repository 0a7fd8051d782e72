#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "md/input/key.hpp"

namespace md {

/// A number of steps, or a time (fs of simulation, or s on the clock); exactly one is not zero.
struct Interval {
  std::int64_t steps = 0;
  double time = 0;
};

/// All keys of one input with their values as typed, where each came from, and typed access. Every
/// accessor throws InputError "file:line: section.key ...: what is wanted" for a bad value.
class Input {
 public:
  struct Value {
    std::string text;
    std::string where;   // "water.ini:12", "command line" or "command line, stage 2"
    std::string folder;  // relative paths start here
  };
  /// The keys that may appear: section -> keys.
  using Schema = std::vector<std::pair<std::string, std::vector<Key>>>;

  explicit Input(Schema schema) : schema_(std::move(schema)) {}

  /// Reads an INI file. Throws InputError for unknown or repeated keys, with file, line and the
  /// nearest right name.
  void read_file(const std::string& path);
  /// Sets `section.key`; overrides a file. `origin`: where the value comes from, for messages.
  void set(const std::string& full_key, const std::string& value,
           const std::string& origin = "command line");
  /// From now on `section` has these keys only. Throws InputError, saying that `owner` does not
  /// take it, when another one was given.
  void narrow(const std::string& section, std::vector<Key> keys, const std::string& owner);

  void erase(const std::string& key) { values_.erase(key); }
  /// True when any key of the section was given.
  bool has_section(const std::string& section) const;
  /// A copy whose section `as` is this one's `section`, for components that read the keys of `as`.
  /// Its errors name the keys of `section`.
  Input standing_in(const std::string& section, const std::string& as) const;

  bool takes(const std::string& key) const;  // there is such a key (see narrow)
  bool has(const std::string& key) const;    // given by the user (file or command line)
  /// The text as given, else the default; "" when neither is there.
  std::string text(const std::string& key) const;
  /// Like text, but an error when there is none.
  std::string required(const std::string& key) const;
  /// One of the key's choices.
  std::string choice(const std::string& key) const;
  std::string file(const std::string& key) const;                // absolute path
  std::vector<std::string> files(const std::string& key) const;  // absolute paths
  bool flag(const std::string& key) const;
  std::int64_t integer(const std::string& key) const;
  /// Likewise, and an error unless it lies between these two.
  std::int64_t integer(const std::string& key, std::int64_t low, std::int64_t high) const;
  /// Number in internal units: the key's kind says which units it takes.
  double number(const std::string& key) const;
  std::optional<double> optional_number(const std::string& key) const;
  /// Like number, but an error unless it is above zero.
  double positive(const std::string& key) const;
  Interval interval(const std::string& key) const;
  /// One value for each of n replicas, from one value, a list of n, geometric(first, last) over all
  /// replicas, or ladder(first, last), geometric over the `copies` of each system.
  std::vector<double> per_replica(const std::string& key, int n, int copies) const;

  /// An InputError that names where the key was given: "water.ini:12: system.replicas: <what>".
  [[noreturn]] void fail(const std::string& key, const std::string& what) const;
  /// "system.replicas = 0 must be ..." with the value as typed.
  [[noreturn]] void fail_value(const std::string& key, const std::string& what) const;
  const Schema& schema() const { return schema_; }
  /// Of the file read, as given; "" without one.
  const std::string& path() const { return path_; }
  const Key& key(const std::string& full_key) const;
  /// All keys as "section.key".
  std::vector<std::string> full_keys() const;
  /// The resolved input: every key that has a value, defaults included, paths absolute.
  std::string resolved() const;

 private:
  const Key* find(const std::string& full_key) const;
  [[noreturn]] void fail_unknown(const std::string& where, const std::string& full_key) const;
  /// That relative paths of the key start from.
  std::filesystem::path folder_of(const std::string& key) const;

  Schema schema_;
  std::string path_;  // of the file read, "" without one
  std::map<std::string, Value> values_;
  std::string shown_as_, shown_instead_;  // of a copy by standing_in(): "potential.", "teacher."
};

}  // namespace md
