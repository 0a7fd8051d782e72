#include <algorithm>
#include <map>

#include "io/gemmi_reader.hpp"
#include "io/site.hpp"

// Elements of atoms whose file gives none.

namespace md {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// The atomic number of an ion or lone atom that this name of a residue or atom stands for: a
/// symbol, also with its charge ("NA+", "ZN2"), or a force field's own word; 0: none.
int ion(std::string_view name) {
  static const std::map<std::string, int, std::less<>> words{
      {"SOD", 11}, {"CLA", 17}, {"POT", 19}, {"CES", 55}, {"CAL", 20}, {"LIT", 3},
      {"RUB", 37}, {"BAR", 56}, {"CAD", 48}, {"IOD", 53}, {"BRO", 35}, {"CHL", 17}};
  std::string text = upper(trimmed(name));
  while (text.size() > 1 && !is_letter(text.back())) text.pop_back();
  if (const auto it = words.find(text); it != words.end()) return it->second;
  return TextSource::find_element(text);
}

bool is_one_of(std::string_view letters, char c) {
  return letters.find(c) != std::string_view::npos;
}

/// An element that is the first letter of the names of its atoms in biological molecules.
int first_letter(std::string_view name) {
  const char c = upper(name.substr(0, 1))[0];
  return is_one_of("CNOHSP", c) ? TextSource::find_element(std::string(1, c)) : 0;
}

/// The name from its first letter on: "HB1" of "1HB1".
std::string_view from_letter(std::string_view name) {
  std::size_t k = 0;
  while (k < name.size() && !is_letter(name[k])) ++k;
  return trimmed(name.substr(k));
}

bool in_first_column(std::string_view name) { return !name.empty() && is_letter(name[0]); }
bool is_full(std::string_view name) { return name.size() == 4 && name[3] != ' '; }

/// The element of two letters that the name begins with; 0: none.
int two_letters(std::string_view name) {
  return name.size() > 1 && is_letter(name[1]) ? TextSource::find_element(name.substr(0, 2)) : 0;
}

/// What the name of an atom outside ions and standard residues says; `left`: the file's names
/// begin in the first of their four columns, whatever the element. 0: nothing that is certain.
int element_by_columns(const Site& site, bool left) {
  const std::string_view name = site.name;
  const std::string_view rest = from_letter(name);
  if (rest.empty()) return 0;
  const int one = TextSource::find_element(rest.substr(0, 1)), two = two_letters(rest);
  const bool halogen = two == 17 || two == 35;
  if (!in_first_column(name))  // C 1 of " CL1" is rarely meant
    return halogen && name[0] == ' ' && one > 0 ? 0 : one;
  if (is_full(name) && first_letter(name) == 1) return 1;
  if (two == 0) return one;
  if (one == 0 || (halogen && !left)) return two;
  if (first_letter(name) == 0) return two;
  if (!left) return is_full(name) ? 0 : two;
  return site.hetero || halogen ? 0 : first_letter(name);
}

bool is_ion(const Site& site, bool alone) {
  const int number = ion(site.residue);
  if (number == 0) return false;
  if (ion(site.name) == number) return true;
  return alone && trimmed(site.residue).size() > 1;
}

}  // namespace

std::vector<Isotope> elements_of(const TextSource& source, const std::vector<Site>& sites,
                                 bool columns) {
  std::map<std::string, int> atoms;  // in each residue that has atoms without an element
  bool left = !columns;
  const auto standard = [](const Site& site) { return is_standard_residue(site.residue); };
  for (const Site& site : sites) {
    if (!site.element.empty()) continue;
    ++atoms[site.place + site.residue];
    left = left ||
           (in_first_column(site.name) && !is_full(site.name) && !standard(site) &&
            ion(site.residue) == 0 && two_letters(site.name) == 0 && first_letter(site.name) != 0);
  }
  std::vector<Isotope> result;
  result.reserve(sites.size());
  for (const Site& site : sites) {
    if (!site.element.empty()) {
      Isotope found = isotope(site.element);
      if (found.number == 0) found.number = TextSource::find_element(site.element);
      if (found.number == 0)
        source.fail_at(site.line, in_quotes(site.element) + " in columns 77-78 is not an element");
      result.push_back(found);
      continue;
    }
    int number = 0;
    const std::string_view name = from_letter(site.name);
    if (is_ion(site, atoms[site.place + site.residue] == 1)) {
      number = ion(site.residue);
    } else if (site.residue == "ION" && ion(site.name) > 0) {
      number = ion(site.name);
    } else if (standard(site)) {
      number = upper(name).starts_with("SE") ? 34 : name.empty() ? 0 : first_letter(name);
      if (upper(name).starts_with("D") && number == 0) {  // deuterium in neutron structures
        result.push_back(isotope("D"));
        continue;
      }
    } else {
      number = element_by_columns(site, left);
    }
    if (number == 0)
      source.fail_at(site.line, "the atom name " + in_quotes(site.name) + " of residue " +
                                    in_quotes(site.residue) + " gives no certain element; " +
                                    (columns ? "its symbol is wanted in columns 77-78"
                                             : "a PDB file with columns 77-78 is wanted"));
    result.push_back({number, 0});
  }
  return result;
}

}  // namespace md
