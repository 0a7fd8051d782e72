#include "program/help/topics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "md/input/quantity.hpp"
#include "md/text.hpp"
#include "program/help/listing.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What may be typed as the value of a key.
std::string describe_value(const Place& place) {
  const auto [noun, units] = units_of(place.key.kind);
  const std::string each =
      units.empty() ? "" : " in " + join(units, ", ") + " (a plain number is in " + units[0] + ")";
  if (!place.values.empty()) return "one of " + join(place.values, ", ");
  switch (place.key.kind) {
    case Kind::file:
      return "a path, in a file relative to that file, else to the current folder";
    case Kind::files:
      return "paths, separated by commas, in a file relative to that file, else to the current "
             "folder; one with a comma in its name alone or in quotes";
    case Kind::integer:
      return "a whole number";
    case Kind::number:
      return "a number without a unit";
    case Kind::temperatures:
    case Kind::frictions:
      return noun + each +
             ": one for all replicas, a list with one for each, geometric(FIRST, LAST) over all "
             "replicas, or ladder(FIRST, LAST) over the copies of each system";
    case Kind::steps_or_time:
    case Kind::steps_or_wall:
      return "a number of steps, or a " + noun + " in " + join(units, ", ");
    default:
      return units.empty() ? "text" : noun + each;
  }
}

std::string explain_place(const Place& place) {
  const std::string full = place.full();
  const Section& section = sections().find(place.section);
  std::vector<std::string> needing;
  for (const std::string& verb : verbs_in_order())
    if (contains(verbs().find(verb).needed, full)) needing.push_back(verb);
  std::string preset = place.key.initial.empty() ? "none" : place.key.initial;
  if (!needing.empty()) preset += "; must be given to " + join(needing, ", ");
  std::string text = paragraph(full + ": ", place.key.help);
  text += paragraph("  value    ", describe_value(place));
  if (place.key.name == section.chooser.key)
    for (const ComponentKeys& component : components_of(section))
      text += paragraph(fmt::format("    {:<18}", component.name), component.help);
  text += paragraph("  default  ", preset);
  if (!place.component.empty())
    text += paragraph("  only if  ", fmt::format("{}.{} = {}", place.section, section.chooser.key,
                                                 place.component));
  text += paragraph("  verbs    ", join(takers_of(place.section), ", "));
  return text + paragraph("  typed    ", fmt::format("{} = VALUE below [{}] in an input file, or "
                                                     "--{}=VALUE",
                                                     place.key.name, place.section, full));
}

/// Every key of that name, with its section or without.
std::string explain_keys(const std::string& word) {
  std::string text;
  for (const Place& place : all_places())
    if (place.full() == word || place.key.name == word)
      text += (text.empty() ? "" : "\n") + explain_place(place);
  return text;
}

std::string explain_section(const std::string& name) {
  return list_section(name) + "\n" +
         paragraph("Verbs that take [" + name + "]: ", join(takers_of(name), ", ")) +
         "`understudy help " + name + ".KEY` says more about a key.\n";
}

std::string explain_component(const std::string& word) {
  std::vector<std::string> chosen;
  std::string about, keys;  // these do not depend on the section that it is chosen in
  for (const std::string& name : section_names()) {
    const Section& section = sections().find(name);
    const std::string& noun = section.chooser.noun;
    for (const ComponentKeys& component : components_of(section)) {
      if (component.name != word) continue;
      chosen.push_back(name + "." + section.chooser.key + " = " + word);
      if (chosen.size() > 1) continue;
      about = paragraph(word + ": ", component.help) + paragraph("  kind     ", noun);
      if (!component.keys.empty())
        keys = "\nIts own keys in [" + name + "]:\n" + list_keys(component.keys);
      keys += fmt::format("\n`understudy help {}` lists the keys of every {}.\n", name, noun);
    }
  }
  return chosen.empty() ? "" : about + paragraph("  chosen   ", join(chosen, ", or ")) + keys;
}

/// What a verb takes that a run does not; of a run everything.
std::string list_sections(const Verb& verb, bool all) {
  const std::vector<std::string>& of_runs = verbs().find("run").sections;
  std::string text;
  std::vector<std::string> listed;
  for (const std::string& name : section_names())
    if (contains(verb.sections, name) && (all || !contains(of_runs, name)))
      text += "\n" + list_section(name, listed);
  return text;
}

std::string explain_verb(const std::string& name) {
  const Verb& verb = verbs().find(name);
  std::string text = verb.help;
  if (verb.sections.empty()) return text;
  if (!verb.needed.empty()) text += "\nWhat must be given:\n";
  for (const std::string& full : verb.needed)
    for (const Place& place : all_places())
      if (place.full() == full && place.component.empty())
        text += paragraph(fmt::format("  {:<28}", full), place.key.help);
  if (name != "run") {
    text += "\n" + paragraph("Sections: ", join(verb.sections, ", ") +
                                               "; `understudy help SECTION` lists its keys.");
    return text + list_sections(verb, false);
  }
  text += paragraph("",
                    "and what the chosen potential and integrator need, as `understudy help painn` "
                    "and `understudy help langevin` say.");
  text += "\nA whole input file:\n\n" + std::string(example_input);
  text +=
      "\nAll keys, with their defaults; a number without a unit is in A, fs, eV, K, 1/ps.\n"
      "`understudy help KEY` says more about one.\n";
  return text + list_sections(verb, true);
}

}  // namespace

std::vector<std::string> all_topics() {
  std::vector<std::string> topics = verbs_in_order();
  const auto add = [&](const std::string& topic) {
    if (!contains(topics, topic)) topics.push_back(topic);
  };
  for (const std::string& name : section_names()) add(name);
  for (const std::string& name : section_names())
    for (const ComponentKeys& component : components_of(sections().find(name))) add(component.name);
  for (const Place& place : all_places()) add(place.full());
  return topics;
}

std::string explain(const std::string& word) {
  const bool bracketed = word.size() > 2 && word.front() == '[' && word.back() == ']';
  const std::string name = bracketed ? word.substr(1, word.size() - 2) : word;
  if (!bracketed && verbs().entries().contains(name)) return explain_verb(name);
  if (sections().entries().contains(name)) return explain_section(name);
  std::string text = explain_component(name);
  const std::string keys = explain_keys(name);
  if (!text.empty() && !keys.empty()) text += "\n";
  text += keys;
  if (!text.empty()) return text;
  std::vector<std::string> words = all_topics();
  for (const Place& place : all_places()) words.push_back(place.key.name);
  const std::string near = nearest(name, words);
  throw InputError(
      "command line: no verb, section, key, potential or integrator is called '" + word + "'; " +
      (near.empty() ? "`understudy help` lists the verbs, `understudy help run` the keys"
                    : "did you mean '" + near + "'?"));
}

}  // namespace md
