#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "md/errors.hpp"
#include "md/input/key.hpp"
#include "md/text.hpp"

namespace md {

/// Components by name. A component registers itself from its own file (see potentials(),
/// integrators()); `keys` are the input keys of its section that only it takes.
template <class Component, class Options>
class Registry {
 public:
  using Make = std::function<std::unique_ptr<Component>(const Options&)>;
  struct Entry {
    std::string help;
    std::vector<Key> keys;
    Make make;
  };

  Registry(std::string key, std::string noun) : key_(std::move(key)), noun_(std::move(noun)) {}

  bool add(const std::string& name, Entry entry) {
    return entries_.emplace(name, std::move(entry)).second;
  }
  const std::map<std::string, Entry>& entries() const { return entries_; }

  /// Throws InputError with the registered names when there is no such component.
  const Entry& find(const std::string& name) const {
    if (auto it = entries_.find(name); it != entries_.end()) return it->second;
    throw InputError(key_ + ": no " + noun_ + " is called '" + name + "'; " +
                     choices(name, names()));
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& [name, entry] : entries_) result.push_back(name);
    return result;
  }

 private:
  std::string key_, noun_;
  std::map<std::string, Entry> entries_;
};

}  // namespace md
