#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdio>

#include "io/structure_reader.hpp"
#include "md/errors.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

std::vector<Structure> read(const std::string& text, const std::string& name = "a.pdb") {
  const TemporaryFolder folder;
  return read_structures(write_text(folder / name, text));
}

std::string refused(const std::string& text, const std::string& name = "a.pdb") {
  return message_of<InputError>([&] { read(text, name); });
}

/// A record in its columns. `name`: the four of 13-16; `rest`: from 67 on.
std::string atom(const std::string& name, const std::string& residue, int number, double x,
                 char location = ' ', double occupancy = 1, const std::string& rest = "",
                 const char* record = "ATOM  ", const char* serial = "    1") {
  char line[128];
  std::snprintf(line, sizeof line, "%6s%5s %4s%c%-4sA%4d    %8.3f%8.3f%8.3f%6.2f%6.2f%s\n", record,
                serial, name.c_str(), location, residue.c_str(), number, x, 0.0, 0.0, occupancy,
                0.0, rest.c_str());
  return line;
}

std::string symbol_column(const std::string& symbol) {
  return std::string(12 - symbol.size(), ' ') + symbol;
}

std::vector<double> x_of(const Structure& s) {
  std::vector<double> x;
  for (const Vec3& position : s.positions) x.push_back(position.x);
  return x;
}

TEST(PdbReader, KeepsTheMostOccupiedOfAlternateLocations) {
  const std::string c = symbol_column("C");
  const auto s =
      read(atom(" N  ", " SER", 1, 0, ' ', 1, symbol_column("N")) +
           atom(" CA ", " SER", 1, 1, 'A', 0.3, c) + atom(" CA ", " SER", 1, 2, 'B', 0.7, c) +
           atom(" CB ", " SER", 1, 3, 'A', 0.3, c) + atom(" CB ", " SER", 1, 4, 'B', 0.7, c) +
           atom(" CA ", " SER", 2, 5, 'A', 0.5, c) + atom(" CA ", " SER", 2, 6, 'B', 0.5, c))[0];
  EXPECT_EQ(x_of(s), (std::vector<double>{0, 2, 4, 5}));
  ASSERT_EQ(s.warnings.size(), 1u);
  EXPECT_EQ(s.warnings[0].find("3 atoms in alternate locations"), 0u) << s.warnings[0];
}

TEST(PdbReader, OneLocationStaysForAllAtomsOfAResidue) {
  const std::string c = symbol_column("C");
  // By atom B would win the first and A the second; the third exists in B only.
  const auto s =
      read(atom(" CB ", " VAL", 1, 1, 'A', 0.45, c) + atom(" CB ", " VAL", 1, 2, 'B', 0.55, c) +
           atom(" CG1", " VAL", 1, 3, 'A', 0.70, c) + atom(" CG1", " VAL", 1, 4, 'B', 0.30, c) +
           atom(" CG2", " VAL", 1, 5, 'B', 0.30, c))[0];
  EXPECT_EQ(x_of(s), (std::vector<double>{1, 3}));
}

TEST(PdbReader, TwoResiduesInOnePlaceAreAlternates) {
  const std::string c = symbol_column("C");
  const auto s =
      read(atom(" CA ", " SER", 1, 1, 'A', 0.4, c) +
           atom(" OG ", " SER", 1, 2, 'A', 0.4, symbol_column("O")) +
           atom(" CA ", " THR", 1, 3, 'B', 0.6, c) + atom(" CG2", " THR", 1, 4, 'B', 0.6, c))[0];
  EXPECT_EQ(x_of(s), (std::vector<double>{3, 4}));
}

TEST(PdbReader, WhatHasOneLocationOnlyStays) {
  const std::string c = symbol_column("C");
  const auto s =
      read(atom(" CA ", " SER", 1, 1, 'B', 0.4, c) + atom(" C1 ", " LIG", 2, 2, ' ', 1, c) +
           atom(" C2 ", " LIG", 2, 3, 'C', 0.5, c) + atom(" C3 ", " LIG", 2, 4, '1', 0.2, c) +
           atom(" C3 ", " LIG", 2, 5, '2', 0.8, c))[0];
  EXPECT_EQ(x_of(s), (std::vector<double>{1, 2, 3, 5}));
}

TEST(PdbReader, AnIonIsWhatItsResidueSays) {
  const std::vector<std::tuple<std::string, std::string, int>> ions{
      {"CL  ", "  CL", 17}, {" CL ", " CL ", 17}, {"CLA ", " CLA", 17}, {"NA  ", "  NA", 11},
      {"SOD ", " SOD", 11}, {" K  ", "   K", 19}, {"POT ", " POT", 19}, {"BR  ", "  BR", 35},
      {"ZN  ", "  ZN", 30}, {"MG  ", "  MG", 12}, {"CA  ", "  CA", 20}, {"CAL ", " CAL", 20},
      {"CES ", " CES", 55}, {"LI  ", "  LI", 3},  {"Na+ ", " Na+", 11}, {"Cl- ", " Cl-", 17},
      {"ZN2 ", " ZN2", 30}, {" Na ", "  Na", 11}, {" CA ", "  CA", 20}, {"LIT ", " LIT", 3},
      {"RUB ", " RUB", 37}, {" CL ", "  CL", 17}, {"FE2 ", " FE2", 26}, {" C  ", "  CL", 17},
      {"NA  ", " ION", 11}, {" F  ", "   F", 9},  {"IOD ", " IOD", 53}, {"Mg2+", "Mg2+", 12}};
  for (const char* record : {"ATOM  ", "HETATM"})
    for (const auto& [name, residue, number] : ions)
      EXPECT_EQ(read(atom(name, residue, 1, 0, ' ', 1, "", record))[0].numbers[0], number)
          << name << residue;
  // An alpha carbon alone in its residue is no calcium.
  EXPECT_EQ(read(atom(" CA ", " ALA", 1, 0))[0].numbers[0], 6);
}

TEST(PdbReader, NamesOfStandardResiduesBeginWithTheElementInAnyColumn) {
  for (const char* record : {"ATOM  ", "HETATM"})
    for (const auto& [name, residue, number] :
         std::vector<std::tuple<std::string, std::string, int>>{{"CA  ", " ALA", 6},
                                                                {"CD1 ", " LEU", 6},
                                                                {"HG  ", " SER", 1},
                                                                {"HE2 ", " HSD", 1},
                                                                {"NE  ", " ARG", 7},
                                                                {"OD1 ", " ASP", 8},
                                                                {"SG  ", " CYS", 16},
                                                                {"P   ", " DA ", 15},
                                                                {"1HB ", " ALA", 1},
                                                                {"HO5'", " DA5", 1},
                                                                {"SE  ", " MSE", 34},
                                                                {"OH2 ", "TIP3", 8},
                                                                {"HO  ", " TYR", 1},
                                                                {"CE  ", " LYS", 6},
                                                                {"D1  ", " DOD", 1},
                                                                {"NB  ", " HIS", 7}})
      EXPECT_EQ(read(atom(name, residue, 1, 0, ' ', 1, "", record))[0].numbers[0], number)
          << name << residue;
}

TEST(PdbReader, ALigandWhoseNamesAreNotInTheirColumnsIsRefused) {
  const std::string evidence = atom("C1  ", " LIG", 1, 0, ' ', 1, "", "HETATM");
  const std::string text = refused(evidence + atom("CA  ", " LIG", 1, 2, ' ', 1, "", "HETATM"));
  EXPECT_NE(text.find("a.pdb:2: the atom name 'CA  '"), std::string::npos) << text;
  EXPECT_EQ(read(atom("C1  ", " LIG", 1, 0) + atom("CA  ", " LIG", 1, 2))[0].numbers[1], 6);
  EXPECT_NE(refused(atom(" CL1", " LIG", 1, 0, ' ', 1, "", "HETATM")).find("' CL1'"),
            std::string::npos);
  EXPECT_NE(refused(atom("CD12", " LIG", 1, 0, ' ', 1, "", "HETATM")).find("'CD12'"),
            std::string::npos);
}

TEST(PdbReader, ColumnsOfOldFilesAreNoElements) {
  EXPECT_EQ(read(atom(" CB ", " SER", 1, 0, ' ', 1, "      1XYZ  97"))[0].numbers[0], 6);
  EXPECT_EQ(read(atom(" CB ", " SER", 1, 0, ' ', 1, "      1XYZ1297"))[0].numbers[0], 6);
  const Structure s = read(atom(" CB ", " SER", 1, 0, ' ', 1, "      SEGN C2-"))[0];
  EXPECT_EQ(s.numbers[0], 6);
  EXPECT_EQ(s.formal_charge, -2);
}

TEST(PdbReader, ReadsChargesInBothOrders) {
  const auto s = read(atom("ZN  ", "  ZN", 1, 0, ' ', 1, symbol_column("ZN") + "2+") +
                      atom(" O  ", " ACT", 2, 3, ' ', 1, symbol_column("O") + "-1"))[0];
  EXPECT_EQ(s.formal_charge, 1);
  EXPECT_EQ(s.numbers, (std::vector{30, 8}));
}

TEST(PdbReader, KeepsTheOrderOfTheFileWhateverChainsAndResidues) {
  std::string text;
  std::vector<double> x;
  for (int i = 0; i < 40; ++i) {
    std::string line = atom(" CA ", " ALA", 1 + i % 3, i);
    line[21] = "ABC"[i % 2];
    if (i % 5 == 0) line[26] = 'A';  // an insertion code
    text += line + (i % 7 == 0 ? "TER\n" : "");
    x.push_back(i);
  }
  EXPECT_EQ(x_of(read(text)[0]), x);
}

TEST(PdbReader, ReadsHybrid36AndOverflowingNumbers) {
  for (const char* serial : {"99999", "A0000", "zzzzz", "*****", "186a0"}) {
    std::string line = atom(" CA ", " ALA", 1, 4, ' ', 1, "", "ATOM  ", serial);
    line.replace(22, 4, "A000");
    EXPECT_EQ(x_of(read(line)[0]), (std::vector<double>{4})) << serial;
  }
}

TEST(PdbReader, EndOrTheNextModelClosesAModel) {
  const std::string one = atom(" CA ", " ALA", 1, 1), two = atom(" CA ", " ALA", 1, 2);
  for (const std::string& text :
       {"MODEL 1\n" + one + "END\nENDMDL\nMODEL 2\n" + two + "END\nENDMDL\n",
        "MODEL 1\n" + one + "MODEL 2\n" + two + "ENDMDL\n", one + "END\n" + two + "END\n",
        one + "ENDMDL\n" + two,
        "MODEL 1\n" + one + "TER\nENDMDL\nMODEL 2\n" + two + "ENDMDL\nEND\n"}) {
    const auto all = read(text);
    ASSERT_EQ(all.size(), 2u) << text;
    EXPECT_EQ(x_of(all[1]), (std::vector<double>{2}));
  }
  EXPECT_NE(refused("MODEL 1\nMODEL 2\n" + one + "ENDMDL\n").find("a.pdb:2: "), std::string::npos);
  EXPECT_NE(refused("MODEL 1\n" + one).find("ends inside the MODEL of line 1"), std::string::npos);
}

TEST(PdbReader, EveryModelHasTheCellBeforeIt) {
  const auto cell = [](const char* a) {
    return std::string("CRYST1   ") + a + "   20.000   30.000  90.00  90.00  90.00 P 1\n";
  };
  const std::string one = atom(" CA ", " ALA", 1, 1);
  const auto all =
      read(cell("10.000") + "MODEL 1\n" + one + "ENDMDL\n" + cell("11.000") + "MODEL 2\n" + one +
           "ENDMDL\nMODEL 3\n" + one + "ENDMDL\nMODEL 4\n" + cell("12.000") + one + "ENDMDL\n");
  ASSERT_EQ(all.size(), 4u);
  const double lengths[] = {10, 11, 11, 12};
  for (int k = 0; k < 4; ++k) EXPECT_EQ(all[k].cell[0].x, lengths[k]);
  const std::string text = refused(cell("10.000") + one + cell("11.000") + one);
  EXPECT_NE(text.find("a.pdb:3: a second CRYST1"), std::string::npos) << text;
  EXPECT_TRUE(all[0].warnings.empty());
  const auto crystal =
      read("CRYST1   10.000   20.000   30.000  90.00  90.00  90.00 P 21 21 21    4\n" + one);
  ASSERT_EQ(crystal[0].warnings.size(), 1u);
  EXPECT_NE(crystal[0].warnings[0].find("P 21 21 21,"), std::string::npos);
}

TEST(PdbReader, KeepsTheBondsOfConectRecords) {
  using Bonds = std::vector<std::pair<int, int>>;
  const auto line = [](const char* serial, const char* name, double x, char location = ' ') {
    return atom(name, " LIG", 1, x, location, location == 'A' ? 0.4 : 1, symbol_column("C"),
                "HETATM", serial);
  };
  const std::string atoms = line("   10", " C1 ", 0) + line("   11", " C2 ", 1, 'A') +
                            line("   12", " C2 ", 2, 'B') + line("   15", " C3 ", 3);
  const std::string bonds = "CONECT   10   11   12   15\nCONECT   15   10   99\n";
  EXPECT_EQ(read(atoms + bonds + "END\n")[0].bonds, (Bonds{{0, 1}, {0, 2}}));
  const auto all = read("MODEL 1\n" + atoms + "ENDMDL\nMODEL 2\n" + atoms + "ENDMDL\n" + bonds);
  EXPECT_EQ(all[1].bonds, all[0].bonds);
  EXPECT_EQ(all[0].bonds, (Bonds{{0, 1}, {0, 2}}));
  // A number that several atoms have names none of them.
  EXPECT_TRUE(read(line("    1", " C1 ", 0) + line("    1", " C2 ", 1) + line("    2", " C3 ", 2) +
                   "CONECT    2    1\n")[0]
                  .bonds.empty());
}

TEST(PdbReader, DeuteriumIsHydrogenOfItsMass) {
  const Structure s = read(atom(" D1 ", " DOD", 1, 0, ' ', 1, symbol_column("D")) +
                           atom(" O  ", " DOD", 1, 1, ' ', 1, symbol_column("O")))[0];
  EXPECT_EQ(s.numbers, (std::vector{1, 8}));
  EXPECT_NEAR(s.mass(0), 2.014, 1e-3);
  EXPECT_EQ(s.mass(1), standard_mass(8));
}

const std::string cif_head =
    "data_x\n_cell.length_a 10.0\n_cell.length_b 20\n_cell.length_c 30(1)\n_cell.angle_alpha 90\n"
    "_cell.angle_beta 90\n_cell.angle_gamma 90\n_symmetry.space_group_name_H-M 'P 1'\nloop_\n"
    "_atom_site.group_PDB\n_atom_site.id\n_atom_site.type_symbol\n_atom_site.label_atom_id\n"
    "_atom_site.label_alt_id\n_atom_site.label_comp_id\n_atom_site.auth_asym_id\n"
    "_atom_site.auth_seq_id\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\n"
    "_atom_site.occupancy\n_atom_site.pdbx_formal_charge\n_atom_site.pdbx_PDB_model_num\n";

TEST(MmcifReader, ReadsModelsCellChargesAndAlternates) {
  const auto all = read(cif_head +
                            "ATOM 1 C CA A SER A 1 1 0 0 0.2 ? 1\n"
                            "ATOM 2 C CA B SER A 1 2 0 0 0.8 ? 1\n"
                            "HETATM 3 ZN ZN . ZN B 1 -3.5 0 1e1 1.0 2 1\n"
                            "HETATM 3 D \"D1'\" . LIG B 1 -3.5 0 1e1 1.0 . 2\n",
                        "a.cif");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].numbers, (std::vector{6, 30}));
  EXPECT_EQ(x_of(all[0]), (std::vector<double>{2, -3.5}));
  EXPECT_EQ(all[0].formal_charge, 2);
  EXPECT_EQ(all[1].numbers, (std::vector{1}));
  EXPECT_EQ(all[1].cell[2].z, 30);
  EXPECT_EQ(all[0].warnings.size(), 1u);
}

TEST(MmcifReader, RefusesInOneLineWhatItCannotRead) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {cif_head + "ATOM 1 C CA . SER A 1 ? 0 0 1 ? 1\n", "a.cif:9: row 1 "},
      {cif_head + "ATOM 1 Qq CA . SER A 1 1 0 0 1 ? 1\n", "'Qq'"},
      {cif_head + "ATOM 1 C CA . SER A 1 1 0 0 1 ?\n", "a.cif:"},
      {"data_x\nloop_\n_atom_site_label\n_atom_site_fract_x\nC1 0.5\n", "a.cif:1: "},
      {"no cif\n", "a.cif:1"}};
  for (const auto& [text, says] : cases) {
    const std::string message = refused(text, "a.cif");
    EXPECT_NE(message.find(says), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(Gzip, CompressedFilesAreReadLikeOthers) {
  const TemporaryFolder folder;
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"a.pdb.gz", atom(" CA ", " ALA", 1, 7)},
           {"a.XYZ.GZ", "1\n\nC 7 0 0\n"},
           {"a.cif.gz", cif_head + "ATOM 1 C CA . SER A 1 7 0 0 1 ? 1\n"}}) {
    const std::string path = folder / name;
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    EXPECT_EQ(x_of(read_structures(path)[0]), (std::vector<double>{7}));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 10);
    const std::string message = message_of<InputError>([&] { read_structures(path); });
    EXPECT_NE(message.find(path + ": the gzip file"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace md::test
