#include "io/cell_parameters.hpp"
#include "io/pdb_model.hpp"
#include "io/structure_reader.hpp"

namespace md {
namespace {

/// Cuts a file into its models and makes a structure of each.
class PdbFile {
 public:
  PdbFile(const std::string& path, std::string_view text) : source_(path, text) {}

  std::vector<Structure> read() {
    std::string_view line;
    while (source_.next(line)) take(trimmed(columns(line, 1, 6)), line);
    if (model_line_ > 0) fail_open();
    close();
    if (models_.empty())
      source_.fail("the file has no ATOM or HETATM records; at least one is wanted");
    return structures();
  }

 private:
  struct Model {
    PdbModel atoms;
    Structure cell;
  };

  void take(std::string_view record, std::string_view line) {
    if (record == "ATOM" || record == "HETATM") {
      model_.add_atom(source_, line);
    } else if (record == "CRYST1") {
      read_cell(line);
    } else if (record == "CONECT") {
      if (model_.empty())
        for_all_.emplace_back(line);
      else
        model_.add_bonds(line);
    } else if (record == "MODEL" || record == "ENDMDL" || record == "END") {
      if (model_line_ > 0 && model_.empty()) fail_empty();
      close();
      if (record == "MODEL") model_line_ = source_.line();
    }
  }

  /// The end of what was read since the last one: ENDMDL, END or the next MODEL.
  void close() {
    if (!model_.empty()) models_.push_back({std::move(model_), cell_});
    model_ = {};
    model_line_ = 0;
    cell_line_ = 0;
  }

  void read_cell(std::string_view line) {
    if (!model_.empty() && cell_line_ > 0)
      source_.fail("a second CRYST1 in one model, after that of line " +
                   std::to_string(cell_line_) + "; END or MODEL is wanted between");
    double length[3], angle[3];
    for (std::size_t k = 0; k < 3; ++k) {
      length[k] =
          source_.number(trimmed(columns(line, 7 + 9 * k, 15 + 9 * k)), "a length in CRYST1");
      angle[k] =
          source_.number(trimmed(columns(line, 34 + 7 * k, 40 + 7 * k)), "an angle in CRYST1");
    }
    set_cell(source_, length, angle, "CRYST1", cell_);
    cell_.warnings.clear();
    if (cell_.periodic.any()) warn_of_symmetry(columns(line, 56, 66), cell_);
    cell_line_ = source_.line();
  }

  std::vector<Structure> structures() const {
    std::vector<Structure> frames;
    int dropped = 0;
    for (const Model& model : models_) {
      const auto& bonds = model.atoms.has_bonds() ? model.atoms.bonds() : for_all_;
      Structure s = structure_of(source_, model.atoms.sites(), model.atoms.pairs(bonds), dropped);
      s.cell = model.cell.cell;
      s.periodic = model.cell.periodic;
      s.warnings = model.cell.warnings;
      frames.push_back(std::move(s));
    }
    if (dropped > 0) frames[0].warnings.push_back(alternates_warning(dropped));
    return frames;
  }

  [[noreturn]] void fail_open() const {
    source_.fail("the file ends inside the MODEL of line " + std::to_string(model_line_) +
                 "; ENDMDL is wanted");
  }
  [[noreturn]] void fail_empty() const {
    source_.fail("the model of line " + std::to_string(model_line_) +
                 " has no atoms; at least one is wanted");
  }

  TextSource source_;
  PdbModel model_;
  Structure cell_;      // of the model that is read, and of those that follow
  int cell_line_ = 0;   // of the CRYST1 since the last model ended
  int model_line_ = 0;  // of the MODEL that is open
  std::vector<Model> models_;
  std::vector<std::string> for_all_;  // CONECT records outside of models: of all that have none
};

/// ATOM and HETATM records of every model; a model ends with ENDMDL, END or the next MODEL. CRYST1
/// holds until the next one and makes all directions periodic, unless it is the 1 x 1 x 1 A of
/// systems without a cell. CONECT records are kept; TER, ANISOU and all others are ignored.
std::vector<Structure> read_pdb(const std::string& path, std::string_view text) {
  return PdbFile(path, text).read();
}

const bool registered = structure_formats().add("pdb", {"PDB", {".pdb", ".ent"}, read_pdb});

}  // namespace
}  // namespace md
