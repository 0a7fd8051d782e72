#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "md/errors.hpp"
#include "md/input/key.hpp"
#include "md/plugin.hpp"
#include "md/text.hpp"

namespace md {

/// How a component (a potential, an integrator, a writer) is registered. What stands in a part of
/// Understudy that is loaded when it is needed (plugin.hpp) is declared by the engine, with the
/// part's name and without `make`, which the part supplies.
template <class Component, class Options>
struct Factory {
  std::string help;       // one line for the user
  std::vector<Key> keys;  // the input keys of its section that only it takes
  std::function<std::unique_ptr<Component>(const Options&)> make = nullptr;
  std::string part = {};  // that has it; empty: the engine or a plug-in
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
    const bool fresh = entries_.emplace(name, std::move(entry)).second;
    if (!fresh) refuse_registration("there is another " + noun_ + " called '" + name + "'");
    return fresh;
  }
  /// From a part: how to make what the engine has declared.
  template <class Make>
  bool supply(const std::string& name, Make make) {
    entries_.at(name).make = make;
    return true;
  }
  const std::map<std::string, Entry>& entries() const { return entries_; }

  const std::string& noun() const { return noun_; }

  /// The entry, its part loaded. Throws InputError with the registered names when there is no such
  /// entry, ResourceError when its part is not installed.
  const Entry& find(const std::string& name) const {
    const auto it = entries_.find(name);
    if (it == entries_.end())
      throw InputError(key_ + ": no " + noun_ + " is called '" + name + "'; " +
                       choices(name, names()));
    if constexpr (requires { it->second.part; })
      if (!it->second.make) load_part(it->second.part, "the " + noun_ + " '" + name + "'");
    return it->second;
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
