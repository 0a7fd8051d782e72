#include "program/help/listing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "md/input/quantity.hpp"
#include "md/text.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

constexpr std::size_t width = 100;

/// What may stand there, short: "eV, meV", "yes|no".
std::string hint(const Key& key) {
  const std::string units = join(units_of(key.kind).names, ", ");
  switch (key.kind) {
    case Kind::choice:
      return key.choices;
    case Kind::flag:
      return "yes|no";
    case Kind::steps_or_time:
    case Kind::steps_or_wall:
      return "steps; " + units;
    default:
      return units;
  }
}

std::vector<std::string> values_of(const Section& section, const Key& key) {
  if (key.kind == Kind::choice) return split(key.choices, '|');
  if (key.kind == Kind::flag) return {"yes", "no"};
  std::vector<std::string> names;
  if (key.name == section.chooser.key)
    for (const ComponentKeys& component : components_of(section)) names.push_back(component.name);
  return names;
}

}  // namespace

const char* const example_input = R"(  [system]
  structure = water.xyz        # extended XYZ, XYZ or PDB; every frame is a system
  replicas = 16                # copies of each
  [potential]
  name = painn
  model = student.safetensors
  [integrator]
  method = langevin
  temperature = 300 K
  time = 10 ps
  [output]
  directory = runs/water
)";

std::vector<std::pair<std::string, std::string>> exit_codes() {
  return {{"0", "done"},
          {"2", "the input is wrong"},
          {"3", "done, but some replicas were quarantined"},
          {"4", "failed numerically, or `verify` found a fault"},
          {"5", "a resource is not there or ran out"},
          {"75", "stopped early with a checkpoint; `understudy restart` continues"}};
}

std::vector<ComponentKeys> components_of(const Section& section) {
  return section.chooser.components ? section.chooser.components() : std::vector<ComponentKeys>();
}

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const auto& [name, keys] : full_schema()) names.push_back(name);
  return names;
}

std::vector<Place> all_places() {
  std::vector<Place> places;
  for (const std::string& name : section_names()) {
    const Section& section = sections().find(name);
    for (const Key& key : common_keys(section))
      places.push_back({name, key, "", values_of(section, key)});
    for (const ComponentKeys& component : components_of(section))
      for (const Key& key : component.keys)
        places.push_back({name, key, component.name, values_of(section, key)});
  }
  return places;
}

std::vector<std::string> takers_of(const std::string& section) {
  std::vector<std::string> takers;
  for (const std::string& name : verbs_in_order()) {
    const std::vector<std::string>& taken = verbs().find(name).sections;
    if (std::find(taken.begin(), taken.end(), section) != taken.end()) takers.push_back(name);
  }
  return takers;
}

std::string paragraph(const std::string& lead, const std::string& text) {
  std::string result, line = lead;
  bool begun = false;  // the line has a word
  for (const std::string& word : split(text, ' ')) {
    if (word.empty()) continue;
    if (begun && line.size() + 1 + word.size() > width) {
      result += line + "\n";
      line = std::string(lead.size(), ' ');
      begun = false;
    }
    line += (begun ? " " : "") + word;
    begun = true;
  }
  return result + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string key_text(const Key& key) {
  const std::string values = hint(key);
  return key.help + (values.empty() ? "" : " (" + values + ")");
}

std::string list_keys(const std::vector<Key>& keys) {
  std::string text;
  for (const Key& key : keys)
    text += paragraph(
        fmt::format("  {:<28}", key.initial.empty() ? key.name : key.name + " = " + key.initial),
        key_text(key));
  return text;
}

std::string list_section(const std::string& name, std::vector<std::string>& listed) {
  const Section& section = sections().find(name);
  std::string text = paragraph("[" + name + "] ", section.help) + list_keys(common_keys(section));
  for (const ComponentKeys& component : components_of(section)) {
    const bool seen = std::find(listed.begin(), listed.end(), component.name) != listed.end();
    if (component.keys.empty() || seen) continue;
    listed.push_back(component.name);
    text += "\n" +
            paragraph(fmt::format("[{}] {} = {}: ", name, section.chooser.key, component.name),
                      component.help) +
            list_keys(component.keys);
  }
  return text;
}

std::string list_section(const std::string& name) {
  std::vector<std::string> listed;
  return list_section(name, listed);
}

}  // namespace md
