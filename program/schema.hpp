#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "md/input/input.hpp"
#include "md/registry.hpp"

namespace md {

/// A registered component as its section of the input file sees it.
struct ComponentKeys {
  std::string name, help;
  std::vector<Key> keys;
};

/// Says which component a section is about: `method` of [integrator].
struct Chooser {
  std::string key;   // within the section
  std::string noun;  // of the components
  std::function<std::vector<ComponentKeys>()> components;
};

/// A section of the input file. It is registered by the file that reads it.
struct Section {
  int order = 0;  // its place in `understudy help run` and in input.ini
  std::string help;
  std::vector<Key> keys;  // that are there whatever is chosen
  Chooser chooser = {};   // empty: nothing is chosen
  bool optional = false;  // plays no part unless one of its keys is given
};

Registry<Section>& sections();

/// The chooser `key` of a registry of components.
template <class Components>
Chooser chooser_from(std::string key, Components& (*registry)()) {
  return {std::move(key), registry().noun(), [registry] {
            std::vector<ComponentKeys> all;
            for (const auto& [name, entry] : registry().entries())
              all.push_back({name, entry.help, entry.keys});
            return all;
          }};
}

/// The keys of a section without those that belong to one of its components.
std::vector<Key> common_keys(const Section& section);
/// Every key that an input file may hold, with the keys of all registered components; choosing one
/// narrows its section (see choose_components).
Input::Schema full_schema();
/// Checks that an input suits a verb: throws InputError for a section that neither the verb nor a
/// run takes, and for a name that no component has; narrows the verb's sections to the keys that
/// the chosen components take.
void choose_components(Input& input, const std::string& verb);
/// Forgets what choose_components would refuse: for the input.ini that the program itself has
/// written into a folder, perhaps when its keys were others.
void forget_untaken(Input& input, const std::string& verb);

}  // namespace md
