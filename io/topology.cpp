#include "io/topology.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "io/amber_cell.hpp"
#include "io/append_file.hpp"
#include "io/replica_files.hpp"
#include "md/errors.hpp"

namespace md {
namespace {

/// So many columns, with fewer decimals where the number is large.
void add_number(std::string& text, double value, int width, const char* what) {
  char column[400];
  for (int decimals = 3; decimals >= 0; --decimals)
    if (std::snprintf(column, sizeof column, "%*.*f", width, decimals, value) == width) {
      text += column;
      return;
    }
  throw InputError(std::string(what) + " of " + std::to_string(value) +
                   " A does not fit the columns of topology.pdb; a smaller one is wanted");
}

/// Names and residues of atoms that come one after another.
class Names {
 public:
  /// A new residue, and in it no name is used.
  void next_residue() {
    ++residue_;
    used_.clear();
  }
  int residue() const { return residue_; }
  /// "C12 " in the columns 13-16; begins a new residue where this one has no name left.
  std::string take(int number) {
    const std::string element = symbol(number);
    const int limit = element.size() == 1 ? 999 : 99;
    if (used_[number] == limit) next_residue();
    std::string name = element + std::to_string(++used_[number]);
    if (element.size() == 1 && name.size() < 4) name.insert(name.begin(), ' ');
    name.resize(4, ' ');
    return name;
  }

 private:
  int residue_ = 0;
  std::map<int, int> used_;
};

void add_cell(std::string& text, const AmberCell& cell) {
  text += "CRYST1";
  for (const double length : cell.length) add_number(text, length, 9, "a cell length");
  char line[128];
  std::snprintf(line, sizeof line, "%7.2f%7.2f%7.2f P 1           1\n", cell.angle[0],
                cell.angle[1], cell.angle[2]);
  text += line;
}

/// CONECT records of the atoms from `begin` on, up to four bonds each. Serial numbers beyond 99999
/// wrap, so bonds of the atoms there cannot be written.
void add_bonds(std::string& text, const Batch& batch, int begin, int end) {
  constexpr int last = 99999;
  std::map<int, std::vector<int>> bonds;
  const auto first = std::ranges::lower_bound(batch.bonds, std::pair(begin, begin));
  for (auto it = first; it != batch.bonds.end() && it->first < end; ++it) {
    const int i = it->first - begin + 1, j = it->second - begin + 1;
    if (i > last || j > last) continue;
    bonds[i].push_back(j);
    bonds[j].push_back(i);
  }
  char field[16];
  for (const auto& [atom, others] : bonds)
    for (std::size_t k = 0; k < others.size(); ++k) {
      if (k % 4 == 0) {
        std::snprintf(field, sizeof field, "CONECT%5d", atom);
        text += field;
      }
      std::snprintf(field, sizeof field, "%5d", others[k]);
      text += field;
      if (k % 4 == 3 || k + 1 == others.size()) text += '\n';
    }
}

std::string topology(const Batch& batch, const Frame& frame, int begin, int end, bool has_cell) {
  std::string text;
  AmberCell cell{};
  if (has_cell) {
    cell = amber_cell(frame.cell[begin], batch.periodic[begin]);
    add_cell(text, cell);
  }
  constexpr std::string_view chains =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  Names names;
  int serial = 0;
  char line[128];
  for (int r = begin; r < end; ++r) {
    names.next_residue();
    const char chain = chains[static_cast<std::size_t>(r - begin) % chains.size()];
    for (int i = batch.first_atom[r]; i < batch.first_atom[r + 1]; ++i) {
      const int number = batch.numbers[i];
      const std::string name = names.take(number);
      // Serial and residue numbers wrap, as GROMACS does: readers count atoms, not serials.
      std::snprintf(line, sizeof line, "HETATM%5d %s MOL %c%4d    ", ++serial % 100000,
                    name.c_str(), chain, names.residue() % 10000);
      text += line;
      const Vec3 x = cell.apply(frame.position[i]);
      for (int k = 0; k < 3; ++k) add_number(text, x[k], 8, "a coordinate");
      std::snprintf(line, sizeof line, "  1.00  0.00          %2s\n", symbol(number));
      text += line;
    }
    if (end - begin > 1) text += "TER\n";
  }
  add_bonds(text, batch, batch.first_atom[begin], batch.first_atom[end]);
  return text += "END\n";
}

void write_file(const std::string& path, const std::string& text) {
  try {
    AppendFile file = AppendFile::create(path);
    file.append(text);
  } catch (const FileError&) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored)) std::filesystem::remove(path, ignored);
    throw;
  }
}

}  // namespace

void write_topology(const std::string& directory, const Batch& batch, const Frame& frame,
                    bool packed) {
  const int n = batch.n_replicas();
  const auto path = [&](int k, int n_files) {
    return directory + "/" + replica_file_name("topology", ".pdb", k, n_files);
  };
  if (packed && n > 1) {
    const bool cell = share_one_cell(frame.cell, batch.periodic);
    write_file(path(0, 1), topology(batch, frame, 0, n, cell));
    return;
  }
  for (int r = 0; r < n; ++r)
    write_file(path(r, n), topology(batch, frame, r, r + 1, batch.periodic[r].any()));
}

}  // namespace md
