#include "program/schema.hpp"

#include <algorithm>

#include "md/text.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> component_names(const Chooser& chooser) {
  std::vector<std::string> names;
  for (const ComponentKeys& component : chooser.components()) names.push_back(component.name);
  return names;
}

std::vector<Key> all_keys(const Section& section) {
  std::vector<Key> keys = common_keys(section);
  if (!section.chooser.components) return keys;
  for (const ComponentKeys& component : section.chooser.components())
    for (const Key& key : component.keys)
      if (std::none_of(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key.name; }))
        keys.push_back(key);
  return keys;
}

/// Throws InputError where a key of a section was given that belongs to other verbs.
void refuse(const Input& input, const std::string& section) {
  for (const std::string& key : input.full_keys()) {
    if (!key.starts_with(section + ".") || !input.has(key)) continue;
    std::vector<std::string> owners;
    for (const std::string& verb : verbs_in_order())
      if (contains(verbs().find(verb).sections, section))
        owners.push_back("`understudy " + verb + "`");
    input.fail(key, "belongs to " + join(owners, ", "));
  }
}

/// Narrows a section to the keys of the component that the input names.
void choose(Input& input, const std::string& name, const Section& section) {
  const std::string full = name + "." + section.chooser.key;
  const std::string chosen = input.required(full);
  const std::string& noun = section.chooser.noun;
  for (const ComponentKeys& component : section.chooser.components()) {
    if (component.name != chosen) continue;
    std::vector<Key> keys = common_keys(section);
    keys.insert(keys.end(), component.keys.begin(), component.keys.end());
    return input.narrow(name, std::move(keys), "the " + noun + " '" + chosen + "'");
  }
  input.fail(full, "no " + noun + " is called '" + chosen + "'; " +
                       choices(chosen, component_names(section.chooser)));
}

}  // namespace

Registry<Section>& sections() {
  static Registry<Section> registry("input", "section");
  return registry;
}

std::vector<Key> common_keys(const Section& section) {
  std::vector<Key> keys = section.keys;
  for (Key& key : keys) {  // what may be chosen is what is registered
    if (section.chooser.components && key.name == section.chooser.key && key.help.empty())
      key.help = join(component_names(section.chooser), " | ");
    if (key.registered_choices)
      key.choices = join(key.registered_choices(), "|") + "|" + key.choices;
  }
  return keys;
}

Input::Schema full_schema() {
  std::vector<std::string> names = sections().names();
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return sections().find(a).order < sections().find(b).order;
  });
  Input::Schema schema;
  for (const std::string& name : names) schema.emplace_back(name, all_keys(sections().find(name)));
  return schema;
}

void choose_components(Input& input, const std::string& verb) {
  const std::vector<std::string>& taken = verbs().find(verb).sections;
  const std::vector<std::string>& of_runs = verbs().find("run").sections;
  std::vector<std::string> names;
  for (const auto& [name, keys] : input.schema()) names.push_back(name);
  for (const std::string& name : names)
    if (!contains(taken, name) && !contains(of_runs, name)) refuse(input, name);
  for (const std::string& name : names) {
    const Section& section = sections().find(name);
    const bool mine = contains(taken, name);
    // Sections that play no part are not listed either.
    if (!mine && !contains(of_runs, name))
      input.narrow(name, {}, "this verb");
    else if (section.optional && !input.has_section(name))
      input.narrow(name, {}, "an input without [" + name + "]");
    else if (mine && section.chooser.components)
      choose(input, name, section);
  }
}

}  // namespace md
