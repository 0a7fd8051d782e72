#include "io/topology.hpp"

#include <cstdio>
#include <filesystem>
#include <map>

#include "io/amber_cell.hpp"
#include "io/append_file.hpp"
#include "io/replica_files.hpp"
#include "md/errors.hpp"

namespace md {
namespace {

/// Eight columns, with fewer decimals where the number is large.
void add_coordinate(std::string& text, double value) {
  char column[400];
  for (int decimals = 3; decimals >= 0; --decimals)
    if (std::snprintf(column, sizeof column, "%8.*f", decimals, value) == 8) {
      text += column;
      return;
    }
  throw InputError("a coordinate of " + std::to_string(value) +
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
  char line[128];
  std::snprintf(line, sizeof line, "CRYST1%9.3f%9.3f%9.3f%7.2f%7.2f%7.2f P 1           1\n",
                cell.length[0], cell.length[1], cell.length[2], cell.angle[0], cell.angle[1],
                cell.angle[2]);
  text += line;
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
      for (int k = 0; k < 3; ++k) add_coordinate(text, x[k]);
      std::snprintf(line, sizeof line, "  1.00  0.00          %2s\n", symbol(number));
      text += line;
    }
    if (end - begin > 1) text += "TER\n";
  }
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
