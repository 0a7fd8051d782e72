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

/// How a component (a potential, an integrator, a writer) is registered.
template <class Component, class Options>
struct Factory {
  std::string help;       // one line for the user
  std::vector<Key> keys;  // the input keys of its section that only it takes
  std::function<std::unique_ptr<Component>(const Options&)> make;
};

/// Entries by name: factories of components (see potentials(), integrators()), verbs, sections of
/// the input file. Each registers itself from its own file.
template <class NamedEntry>
class Registry {
 public:
  using Entry = NamedEntry;

  /// `key` begins the message about a name that is not there, `noun` says what is looked for.
  Registry(std::string key, std::string noun) : key_(std::move(key)), noun_(std::move(noun)) {}

  bool add(const std::string& name, Entry entry) {
    return entries_.emplace(name, std::move(entry)).second;
  }
  const std::map<std::string, Entry>& entries() const { return entries_; }

  const std::string& noun() const { return noun_; }

  /// Throws InputError with the registered names when there is no such entry.
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
