#include "program/help/manual.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "md/text.hpp"
#include "md/version.hpp"
#include "program/help/listing.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// Characters that roff would make something else of.
constexpr std::pair<char, const char*> escapes[] = {
    {'\\', "\\e"}, {'-', "\\-"}, {'`', "\\(ga"}, {'\'', "\\(aq"}, {'^', "\\(ha"}, {'~', "\\(ti"}};

/// Text as roff shows it: nothing in it is a command.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) result += "\\&";
    const auto special = std::find_if(std::begin(escapes), std::end(escapes),
                                      [c](const auto& escape) { return escape.first == c; });
    if (special == std::end(escapes))
      result += c;
    else
      result += special->second;
  }
  return result;
}

std::string heading(const std::string& title) { return ".SH " + title + "\n"; }
std::string subheading(const std::string& title) { return ".SS \"" + plain(title) + "\"\n"; }
std::string text_block(const std::string& text) { return ".PP\n" + plain(text) + "\n"; }
/// Lines that stay as they are.
std::string listing(const std::string& text) { return ".PP\n.EX\n" + plain(text) + ".EE\n"; }
std::string entry(const std::string& name, const std::string& more, const std::string& text) {
  return ".TP\n\\fB" + plain(name) + "\\fR" + plain(more) + "\n" + plain(text) + "\n";
}

std::string key_entries(const std::string& section, const std::string& component) {
  std::string text;
  for (const Place& place : all_places()) {
    if (place.section != section || place.component != component) continue;
    text += entry(place.full(), place.key.initial.empty() ? "" : " = " + place.key.initial,
                  key_text(place.key));
  }
  return text;
}

std::string section_text(const std::string& name) {
  const Section& section = sections().find(name);
  std::string text = subheading("[" + name + "]");
  text += text_block(section.help + ". Verbs: " + join(takers_of(name), ", ") + ".");
  text += key_entries(name, "");
  for (const ComponentKeys& component : components_of(section))
    text += text_block(fmt::format("With {}.{} = {} ({}):", name, section.chooser.key,
                                   component.name, component.help)) +
            key_entries(name, component.name);
  return text;
}

}  // namespace

std::string manual_page() {
  std::string text = ".TH UNDERSTUDY 1 \"\" \"understudy " + std::string(version) +
                     "\" \"User Commands\"\n.ad l\n.nr HY 0\n";
  text += heading("NAME") +
          "understudy \\- molecular dynamics with machine\\-learned potentials, many replicas at "
          "once\n";
  text += heading("SYNOPSIS");
  for (const std::string& name : verbs_in_order())
    text += (name == verbs_in_order()[0] ? "" : ".br\n") +
            plain("understudy " + verbs().find(name).usage) + "\n";
  text += heading("DESCRIPTION");
  text += text_block(
      "An input file holds sections of key = value lines; every key can also be given on the "
      "command line as --section.key=value, which wins. Values take units; a number without a unit "
      "is in A, fs, eV, K, 1/ps. Paths in a file are relative to that file, those on the command "
      "line to the current folder.");
  text += listing(example_input);
  text += heading("VERBS");
  for (const std::string& name : verbs_in_order()) {
    const Verb& verb = verbs().find(name);
    text += subheading(name) + text_block(verb.summary + ".") + listing(verb.help);
  }
  text += heading("KEYS");
  for (const std::string& name : section_names()) text += section_text(name);
  text += heading("ENVIRONMENT") +
          entry("UNDERSTUDY_PLUGINS", "",
                "folders, separated by colons, whose shared objects bring more potentials, "
                "integrators and trajectory formats; run.plugins names single ones.");
  text += heading("EXIT STATUS");
  for (const auto& [code, meaning] : exit_codes()) text += entry(code, "", meaning);
  return text;
}

}  // namespace md
