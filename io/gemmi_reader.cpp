#include "io/gemmi_reader.hpp"

#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>
#include <gemmi/pdb.hpp>
#include <gemmi/resinfo.hpp>
#include <set>

#include "md/errors.hpp"

namespace md {
namespace {

namespace cif = gemmi::cif;

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

enum Column {
  x,
  y,
  z,
  symbol,
  name,
  residue,
  location,
  occupancy,
  charge,
  chain,
  chain2,
  number,
  number2,
  insertion,
  model,
  group
};
const std::vector<std::string> tags{"Cartn_x",
                                    "Cartn_y",
                                    "Cartn_z",
                                    "?type_symbol",
                                    "?label_atom_id",
                                    "?label_comp_id",
                                    "?label_alt_id",
                                    "?occupancy",
                                    "?pdbx_formal_charge",
                                    "?auth_asym_id",
                                    "?label_asym_id",
                                    "?auth_seq_id",
                                    "?label_seq_id",
                                    "?pdbx_PDB_ins_code",
                                    "?pdbx_PDB_model_num",
                                    "?group_PDB"};

/// The text of a value; empty where there is none.
std::string text_of(const cif::Table::Row& row, Column column) {
  return row.has2(column) ? cif::as_string(row[column]) : "";
}

Site site_of(const TextSource& source, int line, const cif::Table::Row& row) {
  Site site;
  site.line = row.row_index + 1;
  for (const Column k : {x, y, z}) {
    const double value = cif::as_number(row[k]);
    if (!std::isfinite(value))
      source.fail_at(line, "row " + std::to_string(site.line) +
                               " of _atom_site has the coordinate " + in_quotes(row[k]) +
                               "; a finite number is wanted");
    site.position[k] = value;
  }
  site.element = text_of(row, symbol);
  if (isotope(site.element).number == 0 && TextSource::find_element(site.element) == 0)
    source.fail_at(line, "row " + std::to_string(site.line) +
                             " of _atom_site has the type_symbol " + in_quotes(site.element) +
                             "; an element is wanted");
  site.name = text_of(row, name);
  site.residue = text_of(row, residue);
  const auto either = [&](Column a, Column b) {
    return row.has2(a) ? text_of(row, a) : text_of(row, b);
  };
  site.place = either(chain, chain2) + ' ' + either(number, number2) + text_of(row, insertion);
  if (const std::string label = text_of(row, location); !label.empty()) site.location = label[0];
  if (row.has2(occupancy)) site.occupancy = cif::as_number(row[occupancy], 1);
  if (row.has2(charge)) site.charge = cif::as_int(row[charge], 0);
  site.hetero = text_of(row, group) == "HETATM";
  return site;
}

void read_cell(cif::Block& block, MmcifBlock& found) {
  const auto value = [&](const std::string& tag) {
    const std::string* text = block.find_value(tag);
    return text ? cif::as_number(*text, 0) : 0;
  };
  const char* const edges[] = {"a", "b", "c"};
  const char* const angles[] = {"alpha", "beta", "gamma"};
  for (int k = 0; k < 3; ++k) {
    found.length[k] = value(std::string("_cell.length_") + edges[k]);
    found.angle[k] = value(std::string("_cell.angle_") + angles[k]);
  }
  for (const char* tag : {"_symmetry.space_group_name_H-M", "_space_group.name_H-M_alt"})
    if (const std::string* text = block.find_value(tag))
      if (!cif::is_null(*text)) found.space_group = cif::as_string(*text);
}

}  // namespace

void read_pdb_records(const std::string& records, std::vector<Site>& sites) {
  const gemmi::Structure all =
      gemmi::read_pdb_from_memory(records.data(), records.size(), "", gemmi::PdbReadOptions());
  if (all.models.empty()) return;
  for (const gemmi::Chain& chain : all.models[0].chains)
    for (const gemmi::Residue& residue : chain.residues)
      for (const gemmi::Atom& atom : residue.atoms) {
        Site& site = sites.at(static_cast<std::size_t>(atom.serial - 1));
        site.place = chain.name + ' ' + residue.seqid.str() + ' ' + residue.segment;
        site.location = atom.altloc;
        site.occupancy = atom.occ;
        site.charge = atom.charge;
      }
}

std::vector<MmcifBlock> read_mmcif_blocks(const std::string& path, std::string_view text) {
  const TextSource source(path, text);
  cif::Document document;
  try {
    document = cif::read_memory(text.data(), text.size(), path.c_str());
  } catch (const std::exception& error) {  // its message begins with path:line
    throw InputError(one_line(error.what()) + "; an mmCIF file is wanted");
  }
  std::vector<MmcifBlock> blocks;
  for (cif::Block& block : document.blocks) {
    if (!block.find_values("_atom_site.Cartn_x")) continue;
    cif::Table table = block.find("_atom_site.", tags);
    MmcifBlock& found = blocks.emplace_back();
    found.line = block.find_values("_atom_site.Cartn_x").item()->line_number;
    if (!table.ok()) source.fail_at(found.line, "_atom_site lacks Cartn_y or Cartn_z");
    read_cell(block, found);
    std::string last = "none yet";
    for (const cif::Table::Row row : table) {
      const std::string number = text_of(row, model);
      if (number != last) found.models.emplace_back();
      last = number;
      found.models.back().push_back(site_of(source, found.line, row));
    }
  }
  if (blocks.empty())
    source.fail_at(1,
                   "the file has no _atom_site.Cartn_x; an mmCIF file with Cartesian coordinates "
                   "is wanted (fractional ones, as CIF files of crystals have, are not read)");
  return blocks;
}

bool is_standard_residue(const std::string& name) {
  static const std::set<std::string> further{
      "HID", "HIE", "HIP", "HSD", "HSE", "HSP", "CYX", "CYM", "ASH", "GLH",  "LYN",
      "ACE", "NME", "NMA", "NH2", "MSE", "SEC", "CSE", "SOL", "WAT", "TIP3", "TIP4",
      "TIP", "TP3", "SPC", "T3P", "T4P", "DOD", "HOH", "DA5", "DC5", "DG5",  "DT5",
      "DA3", "DC3", "DG3", "DT3", "RA",  "RC",  "RG",  "RU",  "RA5", "RC5",  "RG5",
      "RU5", "RA3", "RC3", "RG3", "RU3", "ADE", "CYT", "GUA", "THY", "URA"};
  const gemmi::ResidueInfo& info = gemmi::find_tabulated_residue(name);
  return further.contains(name) ||
         ((info.is_amino_acid() || info.is_nucleic_acid() || info.is_water()) &&
          info.is_standard());
}

}  // namespace md
