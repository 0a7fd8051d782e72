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

/// Whether a section of the input may be there: those of a run may always.
bool may_hold(const std::string& verb, const std::string& section) {
  return contains(verbs().find(verb).sections, section) ||
         contains(verbs().find("run").sections, section);
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

/// What a section takes when this component is chosen; empty when there is none of this name.
std::vector<Key> keys_with(const Section& section, const std::string& chosen) {
  for (const ComponentKeys& component : section.chooser.components()) {
    if (component.name != chosen) continue;
    std::vector<Key> keys = common_keys(section);
    keys.insert(keys.end(), component.keys.begin(), component.keys.end());
    return keys;
  }
  return {};
}

/// Narrows a section to the keys of the component that the input names.
void choose(Input& input, const std::string& name, const Section& section) {
  const std::string full = name + "." + section.chooser.key;
  const std::string chosen = input.required(full);
  const std::string& noun = section.chooser.noun;
  std::vector<Key> keys = keys_with(section, chosen);
  if (keys.empty())
    input.fail(full, "no " + noun + " is called '" + chosen + "'; " +
                         choices(chosen, component_names(section.chooser)));
  input.narrow(name, std::move(keys), "the " + noun + " '" + chosen + "'");
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
  std::vector<std::string> names;
  for (const auto& [name, keys] : input.schema()) names.push_back(name);
  for (const std::string& name : names)
    if (!may_hold(verb, name)) refuse(input, name);
  for (const std::string& name : names) {
    const Section& section = sections().find(name);
    // Sections that play no part are not listed either.
    if (!may_hold(verb, name))
      input.narrow(name, {}, "this verb");
    else if (section.optional && !input.has_section(name))
      input.narrow(name, {}, "an input without [" + name + "]");
    else if (contains(taken, name) && section.chooser.components)
      choose(input, name, section);
  }
}

void forget_untaken(Input& input, const std::string& verb) {
  for (const auto& [name, all] : input.schema()) {
    const Section& section = sections().find(name);
    std::vector<Key> keys = may_hold(verb, name) ? all : std::vector<Key>();
    if (!keys.empty() && section.chooser.components)
      if (auto own = keys_with(section, input.text(name + "." + section.chooser.key)); !own.empty())
        keys = std::move(own);  // else the name is wrong, and choose_components says so
    for (const Key& key : all)
      if (std::none_of(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key.name; }))
        input.erase(name + "." + key.name);
  }
}

}  // namespace md
