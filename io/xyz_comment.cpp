#include "io/xyz_comment.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "io/xyz_pairs.hpp"
#include "md/text.hpp"

namespace md {
namespace {

std::vector<std::string_view> list(std::string& text) {
  for (char& c : text)
    if (c == ',' || c == '[' || c == ']' || c == '{' || c == '}') c = ' ';
  std::vector<std::string_view> tokens;
  split_blank(text, tokens);
  return tokens;
}

Mat3 parse_lattice(const TextSource& source, const XyzPair& pair) {
  std::string text = pair.value;
  const auto tokens = list(text);
  Mat3 cell{};
  if (tokens.size() == 3) {  // the lengths of an orthorhombic one
    for (int k = 0; k < 3; ++k) cell[k][k] = source.number(tokens[k], "a number in Lattice");
    return cell;
  }
  if (tokens.size() != 9)
    source.fail("Lattice has " + std::to_string(tokens.size()) +
                " numbers; nine are wanted: three cell vectors one after another");
  for (int k = 0; k < 9; ++k) cell[k / 3][k % 3] = source.number(tokens[k], "a number in Lattice");
  for (int k = 0; k < 3 && pair.matrix; ++k)
    if (cell[k][(k + 1) % 3] != cell[(k + 1) % 3][k])
      source.fail(
          "Lattice is a list of lists, of which some programs take the rows and some the "
          "columns as cell vectors; Lattice=\"ax ay az bx by bz cx cy cz\" is wanted");
  return cell;
}

Periodicity parse_pbc(const TextSource& source, std::string text) {
  const auto tokens = list(text);
  if (tokens.size() != 3 && tokens.size() != 1)
    source.fail("pbc has " + std::to_string(tokens.size()) +
                " values; three are wanted, as in pbc=\"T T F\"");
  Periodicity periodic;
  for (int k = 0; k < 3; ++k)
    periodic.set(k, parse_xyz_logical(source, tokens[tokens.size() == 1 ? 0 : k], "pbc"));
  return periodic;
}

/// NaN for what is no number, a list for instance.
double number_or_nan(const std::string& text) {
  double value = 0;
  const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(begin, end, value);
  return error == std::errc{} && last == end ? value : std::numeric_limits<double>::quiet_NaN();
}

/// Everything that is not ours, to be written again: results of others under names of their own,
/// words without values together as comment=.
std::string remarks_of(const std::vector<XyzPair>& pairs) {
  std::set<std::string> used;
  for (const XyzPair& pair : pairs) used.insert(in_lower_case(pair.key));
  std::string remarks, words;
  const auto add = [&](const std::string& key, const std::string& text) {
    if (!remarks.empty()) remarks += ' ';
    remarks += quoted_for_xyz(key) + '=' + text;
  };
  for (const XyzPair& pair : pairs) {
    const std::string name = in_lower_case(pair.key);
    if (name == "lattice" || name == "properties" || name == "pbc") continue;
    if (!pair.has_value) {
      words += (words.empty() ? "" : " ") + pair.key;
      continue;
    }
    add(is_result_name(name) ? reference_name(name, used) : pair.key, pair.text);
  }
  if (!words.empty() && !used.contains("comment")) add("comment", quoted_for_xyz(words));
  return remarks;
}

void read_cell(const TextSource& source, const XyzPair* lattice, const XyzPair* pbc,
               XyzComment& comment) {
  if (lattice) {
    comment.cell = parse_lattice(source, *lattice);
    comment.periodic = {true, true, true};
  }
  if (pbc) comment.periodic = parse_pbc(source, pbc->value);
  if (!comment.periodic.any())
    comment.cell = {};
  else if (!lattice)
    source.fail(
        "pbc says periodic, but there is no Lattice; Lattice=\"ax ay az bx by bz cx cy cz\" "
        "is wanted");
  else
    source.check_cell(comment.cell, comment.periodic, "Lattice");
}

}  // namespace

bool parse_xyz_logical(const TextSource& source, std::string_view text, const std::string& what) {
  const std::string value = in_lower_case(text);
  if (value == "t" || value == "true" || value == "1" || value == ".true.") return true;
  if (value != "f" && value != "false" && value != "0" && value != ".false.")
    source.fail(what + " holds " + in_quotes(text) + "; T or F is wanted");
  return false;
}

XyzComment parse_xyz_comment(const TextSource& source, std::string_view line) {
  XyzComment comment;
  comment.columns.species = 0, comment.columns.position = 1, comment.columns.total = 4;
  if (parse_foreign_comment(source, line, comment)) return comment;
  const std::vector<XyzPair> pairs = split_xyz_comment(source, line);
  comment.remarks = remarks_of(pairs);
  const XyzPair *lattice = nullptr, *pbc = nullptr, *properties = nullptr;
  for (const XyzPair& pair : pairs) {
    const std::string key = in_lower_case(pair.key);
    if (!pair.has_value) continue;
    for (auto [name, found] :
         {std::pair{"lattice", &lattice}, {"pbc", &pbc}, {"properties", &properties}})
      if (key == name) {
        if (*found) source.fail(pair.key + " is given twice");
        *found = &pair;
      }
    if (key == "charge" || key == "total_charge") comment.charge = number_or_nan(pair.value);
    if (key == "spin" || key == "multiplicity" || key == "spin_multiplicity" || key == "mult")
      comment.spin = number_or_nan(pair.value);
  }
  read_cell(source, lattice, pbc, comment);
  comment.has_properties = properties != nullptr;
  if (properties) comment.columns = parse_xyz_properties(source, properties->value);
  return comment;
}

}  // namespace md
