#pragma once

#include <string>
#include <vector>

#include "program/schema.hpp"

namespace md {

/// What is registered, as help, completion and the manual page list it. All text is at most 100
/// columns wide.

/// A key where it stands: in a section, whatever is chosen there or with one component only.
struct Place {
  std::string section;
  Key key;
  std::string component;            // the one that takes it; empty: whatever is chosen
  std::vector<std::string> values;  // to choose from; empty: anything of the key's kind
  std::string full() const { return section + "." + key.name; }
};

/// Every key, sections in their order; keys of several components stand there several times.
std::vector<Place> all_places();
/// Sections in their order.
std::vector<std::string> section_names();
/// What may be chosen in a section; empty where nothing is chosen.
std::vector<ComponentKeys> components_of(const Section& section);
/// The verbs that take a section, in their order.
std::vector<std::string> takers_of(const std::string& section);

/// `lead` and text that goes on under its end; ends with a new line.
std::string paragraph(const std::string& lead, const std::string& text);
/// "depth of the well (eV, meV, ...)": help, and what may stand there.
std::string key_text(const Key& key);
/// "epsilon = 0.1 eV    depth of the well (eV, meV, ...)" for each.
std::string list_keys(const std::vector<Key>& keys);
/// A section with all its keys: first those that are there whatever is chosen. `listed`: components
/// whose keys the reader has seen already; those of this section are added.
std::string list_section(const std::string& name, std::vector<std::string>& listed);
std::string list_section(const std::string& name);

/// A complete small input file, each line indented by two.
extern const char* const example_input;
/// What the exit codes mean: "0  done", one each.
std::vector<std::pair<std::string, std::string>> exit_codes();

}  // namespace md
