#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "io/pdb_model.hpp"
#include "io/structure_reader.hpp"
#include "io/text_source.hpp"
#include "io/xyz_pairs.hpp"
#include "md/text.hpp"

// MDL's MOL files and SDF, several of them with data (CTfile Formats, BIOVIA 2020; V2000 and
// V3000).

namespace md {
namespace {

/// One molecule of the file while it is read.
class Molecule {
 public:
  explicit Molecule(TextSource& source) : source_(source) {}

  /// Everything up to M  END, where `title` is its first line.
  Structure read(std::string_view title) {
    if (!trimmed(title).empty()) s_.remarks = "name=" + quoted_for_xyz(trimmed(title));
    const std::string_view program = source_.line_of("the second line, of the program");
    drawn_ = trimmed(columns(program, 21, 22)) == "2D";
    source_.line_of("the third line, the comment");
    const std::string_view counts = source_.line_of("the line of counts");
    const std::string_view version = trimmed(columns(counts, 34, 39));
    if (version == "V3000") {
      read_v3000();
    } else if (version == "V2000" || version.empty()) {
      read_v2000(counts);
    } else {
      source_.fail("the version of the molecule is " + in_quotes(version) +
                   "; V2000 or V3000 is wanted");
    }
    finish();
    return std::move(s_);
  }

 private:
  void add_atom(std::string_view symbol, const Vec3& position) {
    const Isotope heavy = isotope(symbol);
    const int number = heavy.number > 0 ? heavy.number : TextSource::find_element(symbol);
    if (number == 0)
      source_.fail(in_quotes(symbol) +
                   " is not an element; queries and groups cannot be simulated");
    s_.numbers.push_back(number);
    s_.positions.push_back(position);
    if (heavy.mass > 0) masses_[s_.size()] = heavy.mass;
  }

  /// An atom's number in the file, from 1.
  int atom(std::string_view token) const {
    const int k = source_.integer(token, "an atom's number");
    if (k < 1 || k > s_.size())
      source_.fail("atom " + std::to_string(k) + " is not there; 1 to " +
                   std::to_string(s_.size()) + " are");
    return k;
  }

  void add_bond(int a, int b) {
    if (a == b) source_.fail("atom " + std::to_string(a) + " is bound to itself");
    s_.bonds.emplace_back(std::min(a, b) - 1, std::max(a, b) - 1);
  }

  /// A nucleus with so many nucleons.
  void set_isotope(int k, int nucleons) {
    if (nucleons < s_.numbers[k - 1])
      source_.fail("an isotope of " + std::string(symbol(s_.numbers[k - 1])) +
                   " with mass number " + std::to_string(nucleons) + " is not there");
    const bool hydrogen = s_.numbers[k - 1] == 1 && (nucleons == 2 || nucleons == 3);
    // Within 0.1 % of the mass but for the lightest.
    masses_[k] = hydrogen ? isotope(nucleons == 2 ? "D" : "T").mass : nucleons;
  }

  void set_radical(int multiplicity) {
    if (multiplicity != 1) s_.spin = std::max(s_.spin, static_cast<double>(multiplicity));
  }

  void read_v2000(std::string_view counts) {
    const int n_atoms = source_.integer(trimmed(columns(counts, 1, 3)), "the number of atoms"),
              n_bonds = source_.integer(trimmed(columns(counts, 4, 6)), "the number of bonds");
    static constexpr int charge_of_code[] = {0, 3, 2, 1, 0, -1, -2, -3};
    int charge = 0;              // of the atom lines, which the properties replace
    std::map<int, int> heavier;  // nucleons of isotopes by atom from 1, likewise
    for (int k = 0; k < n_atoms; ++k) {
      const std::string_view text = source_.line_of("all its atoms");
      const auto x = [&](std::size_t first) {
        return source_.number(trimmed(columns(text, first, first + 9)), "a coordinate");
      };
      add_atom(trimmed(columns(text, 32, 34)), {x(1), x(11), x(21)});
      if (const auto more = trimmed(columns(text, 35, 36)); !more.empty())
        if (const int nucleons = source_.integer(more, "a difference of mass"); nucleons != 0)
          heavier[k + 1] = static_cast<int>(std::lround(standard_mass(s_.numbers[k]))) + nucleons;
      if (const auto code = trimmed(columns(text, 37, 39)); !code.empty()) {
        const int value = source_.integer(code, "the code of a charge");
        if (value < 0 || value > 7)
          source_.fail("the code of a charge is " + in_quotes(code) + "; 0 to 7 is wanted");
        charge += charge_of_code[value];
        if (value == 4) set_radical(2);
      }
    }
    for (int k = 0; k < n_bonds; ++k) {
      const std::string_view text = source_.line_of("all its bonds");
      add_bond(atom(trimmed(columns(text, 1, 3))), atom(trimmed(columns(text, 4, 6))));
    }
    std::optional<int> stated;
    bool isotopes = false;
    for (std::string_view text = source_.line_of("M  END"); !text.starts_with("M  END");
         text = source_.line_of("M  END")) {
      const std::string_view what = text.substr(0, 6);
      if (what != "M  CHG" && what != "M  ISO" && what != "M  RAD") continue;
      std::vector<std::string_view> tokens;
      split_blank(text.substr(6), tokens);
      if (tokens.empty() || tokens.size() % 2 == 0 ||
          source_.integer(tokens[0], "a number of entries") != static_cast<int>(tokens.size()) / 2)
        source_.fail(in_quotes(what) + " wants a number and so many pairs of atom and value");
      if (what == "M  ISO" && !isotopes) {
        isotopes = true;
        heavier.clear();
      }
      if (what != "M  ISO" && !stated) {
        stated = 0;
        s_.spin = 0;
      }
      for (std::size_t k = 1; k < tokens.size(); k += 2) {
        const int i = atom(tokens[k]), value = source_.integer(tokens[k + 1], "a value");
        if (what == "M  CHG") *stated += value;
        if (what == "M  ISO") heavier[i] = value;
        if (what == "M  RAD" && value > 0) set_radical(value);
      }
    }
    for (const auto& [i, nucleons] : heavier) set_isotope(i, nucleons);
    s_.charge = stated.value_or(charge);
  }

  /// The next line of V3000 without its prefix; lines that end with - are joined.
  std::string v30() {
    std::string joined;
    for (;;) {
      const std::string_view text = source_.line_of("M  END");
      if (text.starts_with("M  END")) return "";
      if (!text.starts_with("M  V30 "))
        source_.fail("a line of V3000 begins with 'M  V30 '; this one does not");
      joined += text.substr(7);
      if (!joined.ends_with('-')) return joined;
      joined.pop_back();
    }
  }

  void read_v3000() {
    std::vector<std::string_view> tokens;
    int n_atoms = -1, n_bonds = -1, charge = 0;
    std::map<int, int> place;  // by index in the file, from 1
    std::string block;
    for (std::string text = v30(); !text.empty(); text = v30()) {
      tokens.clear();
      split_blank(text, tokens);
      if (tokens.empty()) continue;
      if (tokens[0] == "COUNTS" && tokens.size() > 2) {
        n_atoms = source_.integer(tokens[1], "the number of atoms");
        n_bonds = source_.integer(tokens[2], "the number of bonds");
      } else if (tokens[0] == "BEGIN" && tokens.size() > 1) {
        block = tokens[1];
      } else if (tokens[0] == "END") {
        block.clear();
      } else if (block == "ATOM") {
        if (tokens.size() < 6) source_.fail("an atom wants a number, a symbol, x, y, z and a map");
        const auto x = [&](int k) { return source_.number(tokens[2 + k], "a coordinate"); };
        add_atom(tokens[1], {x(0), x(1), x(2)});
        place[source_.integer(tokens[0], "an atom's number")] = s_.size();
        for (std::size_t k = 6; k < tokens.size(); ++k) {
          const auto value = [&](std::string_view name) -> std::optional<int> {
            if (!tokens[k].starts_with(name)) return std::nullopt;
            return source_.integer(tokens[k].substr(name.size()), "a value");
          };
          if (const auto found = value("CHG=")) charge += *found;
          if (const auto found = value("MASS=")) set_isotope(s_.size(), *found);
          if (const auto found = value("RAD="); found && *found > 0) set_radical(*found);
        }
      } else if (block == "BOND") {
        if (tokens.size() < 4) source_.fail("a bond wants a number, a type and two atoms");
        const auto end = [&](std::string_view token) {
          const auto it = place.find(source_.integer(token, "an atom's number"));
          if (it == place.end()) source_.fail("atom " + in_quotes(token) + " is not there");
          return it->second;
        };
        add_bond(end(tokens[2]), end(tokens[3]));
      }
    }
    s_.charge = charge;
    if (n_atoms != s_.size() || n_bonds != static_cast<int>(s_.bonds.size()))
      source_.fail("the molecule has " + std::to_string(s_.size()) + " atoms and " +
                   std::to_string(s_.bonds.size()) + " bonds; COUNTS says otherwise");
  }

  void finish() {
    if (s_.size() == 0) source_.fail("the molecule has no atoms; at least one is wanted");
    const bool flat = std::ranges::all_of(s_.positions, [](const Vec3& x) { return x.z == 0; });
    if (drawn_ && flat && s_.size() > 1)
      source_.fail("the coordinates are a drawing (2D); a molecule in space is wanted");
    if (s_.charge != 0) keep("charge", s_.charge);
    if (s_.spin != 0) keep("spin", s_.spin);
    std::ranges::sort(s_.bonds);
    s_.bonds.erase(std::unique(s_.bonds.begin(), s_.bonds.end()), s_.bonds.end());
    if (!masses_.empty()) {
      for (int k = 0; k < s_.size(); ++k) s_.masses.push_back(standard_mass(s_.numbers[k]));
      for (const auto& [k, mass] : masses_) s_.masses[k - 1] = mass;
    }
    if (std::ranges::count(s_.numbers, 6) > 0 && std::ranges::count(s_.numbers, 1) == 0)
      s_.warnings.emplace_back(
          "the molecule has carbon and no hydrogen atoms; those that a file leaves out are not "
          "added");
  }

  /// So that whoever writes the molecule again says so too.
  void keep(const char* key, double value) {
    if (!s_.remarks.empty()) s_.remarks += ' ';
    s_.remarks.append(key).append(1, '=').append(std::to_string(std::lround(value)));
  }

  TextSource& source_;
  Structure s_;
  bool drawn_ = false;
  std::map<int, double> masses_;  // u, of isotopes, by atom from 1
};

/// The data of a molecule up to $$$$, as keys that extended XYZ keeps.
void read_data(TextSource& source, Structure& s) {
  std::set<std::string> used{"lattice", "properties", "pbc", "charge", "spin", "name"};
  std::string_view line;
  std::string key, value;
  const auto close = [&] {
    if (key.empty()) return;
    std::string name = key;
    if (is_result_name(in_lower_case(name)) || used.contains(in_lower_case(name)))
      name = reference_name(name, used);
    used.insert(in_lower_case(name));
    if (!s.remarks.empty()) s.remarks += ' ';
    s.remarks.append(quoted_for_xyz(name)).append(1, '=').append(quoted_for_xyz(value));
    key.clear();
    value.clear();
  };
  while (source.next(line) && !line.starts_with("$$$$")) {
    if (line.starts_with('>')) {
      close();
      const auto open = line.find('<'), end = line.rfind('>');
      if (open == std::string_view::npos || end < open + 2)
        source.fail("the header of a data item names none; > <NAME> is wanted");
      key = line.substr(open + 1, end - open - 1);
    } else if (!key.empty() && !trimmed(line).empty()) {
      if (!value.empty()) value += '\n';
      value.append(line);
    }
  }
  close();
}

std::vector<Structure> read_mol(const std::string& path, std::string_view text) {
  TextSource source(path, text);
  std::vector<Structure> frames;
  std::string_view title;
  while (source.next(title)) {
    if (!frames.empty() && trimmed(title).empty() && source.only_blank_left()) break;
    frames.push_back(Molecule(source).read(title));
    read_data(source, frames.back());
  }
  return frames;
}

const bool registered = structure_formats().add(
    "sdf", {"SDF and MOL, V2000 and V3000", {".sdf", ".sd", ".mol"}, read_mol});

}  // namespace
}  // namespace md
