#include "io/xyz_comment.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace md {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;  // keys in lower case

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

char closing(char open) { return open == '{' ? '}' : open == '[' ? ']' : open; }

/// End of the value that begins at `at`, one past its last character; npos when it is not closed.
std::size_t end_of_value(std::string_view line, std::size_t at) {
  const char open = line[at];
  if (open == '"' || open == '\'') {
    for (std::size_t i = at + 1; i < line.size(); ++i) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == open)
        return i + 1;
    }
    return std::string_view::npos;
  }
  if (open == '{' || open == '[') {
    int depth = 0;
    for (std::size_t i = at; i < line.size(); ++i) {
      depth += line[i] == open ? 1 : line[i] == closing(open) ? -1 : 0;
      if (depth == 0) return i + 1;
    }
    return std::string_view::npos;
  }
  return std::min(line.find_first_of(" \t", at), line.size());
}

/// Names that ASE turns into results. Whoever writes the frame again has results of its own.
bool is_result(std::string_view key) {
  constexpr std::string_view names[] = {"energy", "free_energy", "forces", "stress", "virial"};
  return std::ranges::count(names, key) > 0;
}

/// The values of Lattice, Properties and pbc. Everything else in the line may be any text; what is
/// a key with its value is added to `remarks` as it stands, unless it is a result of some
/// potential.
Values parse_values(const TextSource& source, std::string_view line, std::string& remarks) {
  Values values;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t key_end = line.find_first_of("= \t\"'", at);
    if (key_end == std::string_view::npos || line[key_end] != '=') {
      // A word without a value, perhaps quoted.
      const bool quote = line[at] == '"' || line[at] == '\'';
      const std::size_t end = quote ? end_of_value(line, at) : key_end;
      if (quote && end == std::string_view::npos) {
        at += 1;
        continue;
      }
      at = std::max(std::min(end, line.size()), at + 1);
      continue;
    }
    const std::string key = lower(line.substr(at, key_end - at));
    const std::size_t begin = key_end + 1;
    const bool ours = key == "lattice" || key == "properties" || key == "pbc";
    if (begin >= line.size() || line[begin] == ' ' || line[begin] == '\t') {
      if (ours) source.fail(key + " has no value; " + key + "=\"...\" is wanted");
      at = begin;
      continue;
    }
    const std::size_t end = end_of_value(line, begin);
    if (end == std::string_view::npos) {
      if (ours) source.fail("the value of " + key + " is not closed; a matching quote is wanted");
      at = begin + 1;
      continue;
    }
    if (!ours && !is_result(key)) {
      remarks += remarks.empty() ? "" : " ";
      remarks += line.substr(at, end - at);
    }
    if (ours) {
      std::string_view value = line.substr(begin, end - begin);
      if (std::string_view("\"'{[").find(value.front()) != std::string_view::npos)
        value = value.substr(1, value.size() - 2);
      if (!values.emplace(key, value).second) source.fail(key + " is given twice");
    }
    at = end;
  }
  return values;
}

std::vector<std::string_view> list(std::string& text) {
  for (char& c : text)
    if (c == ',' || c == '[' || c == ']') c = ' ';
  std::vector<std::string_view> tokens;
  split_blank(text, tokens);
  return tokens;
}

Mat3 parse_lattice(const TextSource& source, std::string text) {
  const auto tokens = list(text);
  if (tokens.size() != 9)
    source.fail("Lattice has " + std::to_string(tokens.size()) +
                " numbers; nine are wanted: three cell vectors one after another");
  Mat3 cell;
  for (int k = 0; k < 9; ++k) cell[k / 3][k % 3] = source.number(tokens[k], "a number in Lattice");
  return cell;
}

Periodicity parse_pbc(const TextSource& source, std::string text) {
  const auto tokens = list(text);
  if (tokens.size() != 3 && tokens.size() != 1)
    source.fail("pbc has " + std::to_string(tokens.size()) +
                " values; three are wanted, as in "
                "pbc=\"T T F\"");
  Periodicity periodic;
  for (int k = 0; k < 3; ++k) {
    const std::string value = lower(tokens[tokens.size() == 1 ? 0 : k]);
    const bool yes = value == "t" || value == "true" || value == "1";
    if (!yes && value != "f" && value != "false" && value != "0")
      source.fail("pbc holds " + in_quotes(value) + "; T or F is wanted");
    periodic.set(k, yes);
  }
  return periodic;
}

XyzColumns parse_properties(const TextSource& source, std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    parts.emplace_back(trimmed(text.substr(at, end - at)));
    at = end + 1;
  }
  if (parts.size() % 3 != 0)
    source.fail("Properties is " + in_quotes(text) +
                "; name:type:columns triples are wanted, as in "
                "species:S:1:pos:R:3");
  XyzColumns columns;
  for (std::size_t k = 0; k < parts.size(); k += 3) {
    const std::string name = lower(parts[k]), &type = parts[k + 1];
    const int width = source.integer(parts[k + 2], "the number of columns of " + name);
    if (width < 1 || width > 10000)
      source.fail("Properties gives " + name + " " + parts[k + 2] +
                  " columns; 1 or more is wanted");
    if (type != "S" && type != "R" && type != "I" && type != "L")
      source.fail("Properties gives " + name + " the type " + in_quotes(type) +
                  "; S, R, I or L is wanted");
    const auto take = [&](int& column, int wanted, std::string_view types) {
      if (width != wanted || types.find(type[0]) == std::string_view::npos)
        source.fail("Properties has " + name + ":" + type + ":" + parts[k + 2] + "; " + name + ":" +
                    types[0] + ":" + std::to_string(wanted) + " is wanted");
      if (column >= 0) source.fail("Properties has two columns for " + name);
      column = columns.total;
    };
    if (name == "species" || name == "symbols" || name == "element") {
      if (columns.species_is_number) columns.species = -1, columns.species_is_number = false;
      take(columns.species, 1, "SI");
    } else if ((name == "z" || name == "numbers" || name == "atomic_numbers") &&
               (columns.species < 0 || columns.species_is_number)) {
      take(columns.species, 1, "I");
      columns.species_is_number = true;
    } else if (name == "pos" || name == "positions") {
      take(columns.position, 3, "RI");
    } else if (name == "momenta") {
      take(columns.momentum, 3, "RI");
    } else if (name == "velocities" || name == "velo" || name == "vel") {
      take(columns.velocity, 3, "RI");
    } else if (name == "masses") {
      take(columns.mass, 1, "RI");
    }
    columns.total += width;
  }
  if (columns.species < 0) source.fail("Properties has no species; species:S:1 is wanted");
  if (columns.position < 0) source.fail("Properties has no positions; pos:R:3 is wanted");
  return columns;
}

}  // namespace

XyzComment parse_xyz_comment(const TextSource& source, std::string_view line) {
  XyzComment comment;
  const Values values = parse_values(source, line, comment.remarks);
  const auto lattice = values.find("lattice"), pbc = values.find("pbc");
  if (lattice != values.end()) {
    comment.cell = parse_lattice(source, lattice->second);
    comment.periodic = {true, true, true};
  }
  if (pbc != values.end()) comment.periodic = parse_pbc(source, pbc->second);
  if (!comment.periodic.any()) {
    comment.cell = {};
  } else if (lattice == values.end()) {
    source.fail(
        "pbc says periodic, but there is no Lattice; Lattice=\"ax ay az bx by bz cx cy cz\" "
        "is wanted");
  } else {
    source.check_cell(comment.cell, comment.periodic, "Lattice");
  }
  const auto properties = values.find("properties");
  comment.has_properties = properties != values.end();
  if (comment.has_properties) {
    comment.columns = parse_properties(source, properties->second);
  } else {
    comment.columns.species = 0, comment.columns.position = 1, comment.columns.total = 4;
  }
  return comment;
}

}  // namespace md
