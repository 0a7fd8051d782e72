#include "io/pdb_model.hpp"

#include "io/gemmi_reader.hpp"

namespace md {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(std::string_view text) { return trimmed(text).empty(); }

/// A number from 1 in five columns: digits, beyond 99999 in hybrid-36 ("A0000" is 100000).
std::string serial_text(int number) {
  std::string text(5, '0');
  const bool plain = number < 100000;
  int rest = plain ? number : number - 100000 + 10 * 36 * 36 * 36 * 36;
  for (std::size_t k = 5; k-- > 0; rest /= plain ? 10 : 36)
    text[k] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest % (plain ? 10 : 36)];
  return text;
}

/// Whether columns 73-80 hold entry and line number, as until 1996: "1XYZ  97".
bool ends_with_entry(std::string_view record) {
  const std::string_view entry = columns(record, 73, 76), number = columns(record, 77, 80);
  if (is_blank(entry) || is_blank(number) || !is_digit(number.back())) return false;
  return trimmed(number).find_first_not_of("0123456789") == std::string_view::npos &&
         number.find_last_of(' ') + 1 == number.size() - trimmed(number).size();
}

/// Whether columns 79-80 hold a charge: "2+", "+2" or a sign alone.
bool is_charge(std::string_view text) {
  const auto sign = [](char c) { return c == '+' || c == '-'; };
  return (is_digit(text[0]) && sign(text[1])) || (sign(text[0]) && is_digit(text[1]));
}

}  // namespace

std::string_view columns(std::string_view line, std::size_t first, std::size_t last) {
  return line.size() < first ? std::string_view{} : line.substr(first - 1, last - first + 1);
}

void PdbModel::add_atom(const TextSource& source, std::string_view line) {
  if (line.size() < 54)
    source.fail("an atom's record has " + std::to_string(line.size()) +
                " columns; at least 54 are wanted, with x, y, z in 31-54");
  Site site;
  site.line = source.line();
  site.hetero = line[0] == 'H' || line[0] == 'h';
  for (std::size_t k = 0; k < 3; ++k)
    site.position[static_cast<int>(k)] =
        source.number(trimmed(columns(line, 31 + 8 * k, 38 + 8 * k)), "a coordinate");
  site.name = columns(line, 13, 16);
  site.residue = trimmed(columns(line, 18, 21));  // of force fields four letters long
  std::string record(line.substr(0, 80));
  record.resize(80, ' ');
  if (ends_with_entry(record) || is_digit(record[76]) || is_digit(record[77]))
    record.replace(72, 8, 8, ' ');
  if (!is_charge(std::string_view(record).substr(78))) record.replace(78, 2, 2, ' ');
  site.element = trimmed(columns(record, 77, 78));
  const int index = static_cast<int>(sites_.size());
  const auto [known, fresh] = atom_of_.emplace(trimmed(columns(line, 7, 11)), index);
  if (!fresh) known->second = -1;
  record.replace(6, 5, serial_text(index + 1));
  records_ += record + '\n';
  sites_.push_back(std::move(site));
}

std::vector<Site> PdbModel::sites() const {
  std::vector<Site> sites = sites_;
  read_pdb_records(records_, sites);
  return sites;
}

std::vector<std::pair<int, int>> PdbModel::pairs(const std::vector<std::string>& bonds) const {
  std::vector<std::pair<int, int>> pairs;
  const auto atom = [&](std::string_view serial) {
    const auto it = atom_of_.find(std::string(trimmed(serial)));
    return it == atom_of_.end() ? -1 : it->second;
  };
  for (const std::string& line : bonds) {
    const int a = atom(columns(line, 7, 11));
    for (std::size_t first = 12; first <= 27 && a >= 0; first += 5)
      if (const int b = atom(columns(line, first, first + 4)); b >= 0) pairs.emplace_back(a, b);
  }
  return pairs;
}

}  // namespace md
