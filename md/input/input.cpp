#include "md/input/input.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "md/errors.hpp"
#include "md/input/file_list.hpp"
#include "md/input/quantity.hpp"
#include "md/text.hpp"

namespace md {
namespace fs = std::filesystem;
const Key* Input::find(const std::string& full_key) const {
  const auto dot = full_key.find('.');
  if (dot == std::string::npos) return nullptr;
  for (const auto& [section, keys] : schema_)
    if (full_key.compare(0, dot, section) == 0 && section.size() == dot)
      for (const Key& key : keys)
        if (full_key.compare(dot + 1, std::string::npos, key.name) == 0) return &key;
  return nullptr;
}

const Key& Input::key(const std::string& full_key) const {
  if (const Key* key = find(full_key)) return *key;
  throw std::logic_error("no input key is called " + full_key);
}

std::vector<std::string> Input::full_keys() const {
  std::vector<std::string> names;
  for (const auto& [section, keys] : schema_)
    for (const Key& key : keys) names.push_back(section + "." + key.name);
  return names;
}

void Input::fail_unknown(const std::string& where, const std::string& full_key) const {
  const auto dot = full_key.find('.');
  const std::string section = full_key.substr(0, dot);
  std::vector<std::string> sections, names;
  for (const auto& [name, keys] : schema_) {
    sections.push_back(name);
    if (name == section)
      for (const Key& key : keys) names.push_back(key.name);
  }
  if (names.empty())
    throw InputError(where + ": " + full_key + ": no section is called [" + section + "]; " +
                     choices(section, sections));
  const std::string key = dot == std::string::npos ? "" : full_key.substr(dot + 1);
  std::string hint = choices(key, names);
  for (const std::string& other : full_keys())  // the right name in the wrong section
    if (other.ends_with("." + key)) {
      hint = "did you mean " + other + "?";
      break;
    }
  throw InputError(where + ": " + full_key + ": no such key; " + hint);
}

void Input::set(const std::string& full_key, const std::string& value, const std::string& origin) {
  if (!find(full_key)) fail_unknown(origin, full_key);
  if (trim(value).empty())
    throw InputError(origin + ": " + full_key + ": has no value; give one as --" + full_key +
                     "=VALUE");
  values_[full_key] = {trim(value), origin, fs::current_path().string()};
}

void Input::narrow(const std::string& section, std::vector<Key> keys, const std::string& owner) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.name);
  for (const auto& [full_key, value] : values_) {
    if (!full_key.starts_with(section + ".")) continue;
    const std::string name = full_key.substr(section.size() + 1);
    bool taken = false;
    for (const Key& key : keys) taken = taken || key.name == name;
    if (!taken)
      throw InputError(value.where + ": " + full_key + ": " + owner + " takes no such key; " +
                       choices(name, names));
  }
  for (auto& [name, old] : schema_) {
    if (name != section) continue;
    old = std::move(keys);
    break;
  }
}

bool Input::has_section(const std::string& section) const {
  const auto it = values_.lower_bound(section + ".");
  return it != values_.end() && it->first.starts_with(section + ".");
}

Input Input::standing_in(const std::string& section, const std::string& as) const {
  Input copy = *this;
  std::erase_if(copy.values_, [&](const auto& value) { return value.first.starts_with(as + "."); });
  for (const auto& [key, value] : values_)
    if (key.starts_with(section + ".")) copy.values_[as + key.substr(section.size())] = value;
  for (const auto& [name, keys] : schema_)
    if (name == section)
      for (auto& [other, replaced] : copy.schema_)
        if (other == as) replaced = keys;
  copy.shown_as_ = as + ".";
  copy.shown_instead_ = section + ".";
  return copy;
}

bool Input::takes(const std::string& key) const { return find(key) != nullptr; }

bool Input::has(const std::string& key) const { return values_.contains(key); }

std::string Input::text(const std::string& key) const {
  if (auto it = values_.find(key); it != values_.end()) return it->second.text;
  return this->key(key).initial;
}

std::string Input::required(const std::string& key) const {
  const std::string value = text(key);
  if (value.empty()) fail(key, "is missing: " + this->key(key).help);
  return value;
}

std::string Input::choice(const std::string& key) const {
  const std::string value = required(key);
  const std::vector<std::string> allowed = split(this->key(key).choices, '|');
  for (const std::string& one : allowed)
    if (one == value) return value;
  fail(key, "'" + value + "' is no choice; " + choices(value, allowed));
}

std::filesystem::path Input::folder_of(const std::string& key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? fs::current_path() : fs::path(it->second.folder);
}

std::string Input::file(const std::string& key) const {
  return (folder_of(key) / unquoted(required(key))).lexically_normal().string();
}

std::vector<std::string> Input::files(const std::string& key) const {
  std::vector<std::string> paths = listed_files(required(key), folder_of(key));
  for (const std::string& path : paths)
    if (path.empty()) fail_value(key, "has an empty name in its list");
  return paths;
}

bool Input::flag(const std::string& key) const {
  const std::string value = required(key);
  if (value == "yes" || value == "true" || value == "on" || value == "1") return true;
  if (value == "no" || value == "false" || value == "off" || value == "0") return false;
  fail(key, "'" + value + "' is neither yes nor no");
}

std::int64_t Input::integer(const std::string& key) const {
  try {
    return parse_integer(required(key));
  } catch (const InputError& error) {
    if (text(key).empty()) throw;
    fail(key, error.what());
  }
}

std::int64_t Input::integer(const std::string& key, std::int64_t low, std::int64_t high) const {
  const std::int64_t value = integer(key);
  if (value < low || value > high)
    fail_value(key, "must lie between " + std::to_string(low) + " and " + std::to_string(high));
  return value;
}

double Input::number(const std::string& key) const {
  const std::string value = required(key);
  try {
    return parse_quantity(value, this->key(key).kind);
  } catch (const InputError& error) {
    fail(key, error.what());
  }
}

double Input::positive(const std::string& key) const {
  const double value = number(key);
  if (!(value > 0)) fail_value(key, "must be above zero");
  return value;
}

std::optional<double> Input::optional_number(const std::string& key) const {
  if (text(key).empty()) return std::nullopt;
  return number(key);
}

Interval Input::interval(const std::string& key) const {
  const std::string value = required(key);
  try {
    if (value.ends_with("steps"))
      return {parse_integer(trim(value.substr(0, value.size() - 5))), 0};
    if (value.find_first_not_of("+-0123456789.eE") == std::string::npos)
      return {parse_integer(value), 0};
    return {0, parse_quantity(value, this->key(key).kind)};
  } catch (const InputError& error) {
    fail(key, error.what());
  }
}

std::vector<double> Input::per_replica(const std::string& key, int n, int copies) const {
  std::string value = required(key);
  const Kind kind = this->key(key).kind;
  try {
    const std::string name = value.substr(0, value.find('('));
    const bool series = name == "geometric" || name == "ladder";
    if (series) {
      if (value.back() != ')') throw InputError("'" + value + "' lacks its closing )");
      value = value.substr(name.size() + 1, value.size() - name.size() - 2);
    }
    std::vector<double> numbers;
    for (const std::string& part : split(value, ',')) {
      numbers.push_back(parse_quantity(part, kind));
      if (numbers.back() < 0) throw InputError("'" + part + "' is below zero");
    }
    if (series) {
      if (numbers.size() != 2 || !(numbers[0] > 0) || !(numbers[1] > 0))
        throw InputError(name + "(first, last) takes two values above zero");
      const double first = numbers[0], ratio = numbers[1] / numbers[0];
      const int period = name == "ladder" ? copies : n;
      numbers.assign(n, first);
      for (int r = 0; r < n; ++r)
        numbers[r] = first * std::pow(ratio, r % period / std::max(1.0, period - 1.0));
      return numbers;
    }
    if (numbers.size() == 1) numbers.assign(n, numbers[0]);
    if (static_cast<int>(numbers.size()) != n)
      throw InputError("has " + std::to_string(numbers.size()) + " values for " +
                       std::to_string(n) + " replicas; give one value, or one for each replica");
    return numbers;
  } catch (const InputError& error) {
    fail(key, error.what());
  }
}

void Input::fail(const std::string& key, const std::string& what) const {
  const auto it = values_.find(key);
  const std::string& where = it == values_.end() ? path_ : it->second.where;
  const bool renamed = !shown_as_.empty() && key.starts_with(shown_as_);
  const std::string shown = renamed ? shown_instead_ + key.substr(shown_as_.size()) : key;
  throw InputError((where.empty() ? "" : where + ": ") + shown + ": " + what);
}

void Input::fail_value(const std::string& key, const std::string& what) const {
  fail(key, "'" + text(key) + "' " + what);
}

std::string Input::resolved() const {
  std::string result;
  for (const auto& [section, keys] : schema_) {
    std::string lines;
    for (const Key& key : keys) {
      const std::string full = section + "." + key.name;
      std::string value = text(full);
      if (value.empty()) continue;
      if (key.kind == Kind::file) value = quoted_path(file(full));
      if (key.kind == Kind::files) {
        std::vector<std::string> paths = files(full);
        for (std::string& path : paths) path = quoted_path(path);
        value = join(paths, ", ");
      }
      lines += key.name + " = " + value + "\n";
    }
    if (!lines.empty()) result += (result.empty() ? "[" : "\n[") + section + "]\n" + lines;
  }
  return result;
}

}  // namespace md
