#include "io/structure_reader.hpp"

#include <gtest/gtest.h>

#include "md/errors.hpp"
#include "md/units.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

std::vector<Structure> read(const std::string& text, const std::string& name = "a.xyz") {
  const TemporaryFolder folder;
  return read_structures(write_text(folder / name, text));
}

void expect_equal(const Vec3& a, const Vec3& b) {
  EXPECT_EQ(a.x, b.x);
  EXPECT_EQ(a.y, b.y);
  EXPECT_EQ(a.z, b.z);
}

TEST(StructureReader, ReadsPlainXyz) {
  const auto all = read("2\nanything = \"goes here, lattice or not\nC 0 -1.5 +2\n8 .5 1e-3 3.\n");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].numbers, (std::vector{6, 8}));
  expect_equal(all[0].positions[0], {0, -1.5, 2});
  expect_equal(all[0].positions[1], {0.5, 1e-3, 3});
  EXPECT_FALSE(all[0].periodic.any());
  EXPECT_TRUE(all[0].velocities.empty());
}

TEST(StructureReader, TakesSymbolsInAnyCaseAndFurtherColumnsOfPlainXyz) {
  const auto all = read("3\n\nCL 0 0 0 9 9\nna 1 0 0 x\nC\t2\t0\t0\n");
  EXPECT_EQ(all[0].numbers, (std::vector{17, 11, 6}));
}

TEST(StructureReader, ReadsEveryFrameWithCarriageReturnsAndBlankEnds) {
  const auto all = read("1\r\none\r\nH 1 2 3\r\n2\r\n\r\nHe 1 2 3\r\nLi 4 5 6\r\n\r\n  \r\n\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].numbers, (std::vector{1}));
  EXPECT_EQ(all[1].numbers, (std::vector{2, 3}));
  EXPECT_NE(all[1].source.find("a.xyz, frame 2"), std::string::npos) << all[1].source;
}

TEST(StructureReader, ReadsAFileWithoutAFinalNewline) {
  EXPECT_EQ(read("1\n\nH 1 2 3")[0].positions[0].z, 3);
}

TEST(StructureReader, RowsOfTheLatticeAreCellVectors) {
  const auto all = read("1\nLattice=\"10 0 0 1 11 0 2 3 12\"\nH 0 0 0\n");
  expect_equal(all[0].cell[1], {1, 11, 0});
  expect_equal(all[0].cell[2], {2, 3, 12});
  EXPECT_EQ(all[0].periodic, (Periodicity{true, true, true}));
}

TEST(StructureReader, ObeysPbc) {
  const auto slab = read("1\npbc=\"T True 0\" Lattice='10 0 0 0 10 0 0 0 0'\nH 0 0 0\n");
  EXPECT_EQ(slab[0].periodic, (Periodicity{true, true, false}));
  const auto none = read("1\nLattice={10 0 0 0 10 0 0 0 10} pbc=[F, F, F]\nH 0 0 0\n");
  EXPECT_FALSE(none[0].periodic.any());
  EXPECT_EQ(none[0].cell[0].x, 0);
}

TEST(StructureReader, FindsColumnsInAnyOrder) {
  const auto all = read(
      "1\nname=\"a=\\\"b\\\" Lattice=\" Properties=tag:L:1:vel:R:3:charge:R:1:pos:R:3:Z:I:1 "
      "energy=-1.5 comment='x y'\nT 0.1 0.2 0.3 9 1 2 3 8\n");
  EXPECT_EQ(all[0].numbers, (std::vector{8}));
  expect_equal(all[0].positions[0], {1, 2, 3});
  expect_equal(all[0].velocities[0], {0.1, 0.2, 0.3});
}

TEST(StructureReader, PrefersSpeciesToNumbersAndKnowsAllNamesOfVelocities) {
  for (const char* name : {"vel", "velo", "velocities"}) {
    const auto all = read(std::string("1\nProperties=Z:I:1:pos:R:3:species:S:1:") + name +
                          ":R:3\n1 1 2 3 O 4 5 6\n");
    EXPECT_EQ(all[0].numbers, (std::vector{8}));
    expect_equal(all[0].velocities[0], {4, 5, 6});
  }
}

// 1 A/fs is 10.1805 of ASE's velocity units sqrt(eV/u).
TEST(StructureReader, MomentaAreInAsesUnit) {
  const auto all = read(
      "2\nProperties=species:S:1:pos:R:3:momenta:R:3\nO 0 0 0 162.877823 0 0\nH 5 0 0 0 0 0\n");
  EXPECT_NEAR(all[0].velocities[0].x, 1, 1e-6);
  const auto heavy =
      read("1\nProperties=species:S:1:pos:R:3:momenta:R:3:masses:R:1\nH 0 0 0 10.1805057 0 0 2\n");
  EXPECT_NEAR(heavy[0].velocities[0].x, 0.5, 1e-8);
}

TEST(StructureReader, SkipsAByteOrderMark) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "1\n\nH 0 0 0\n")[0]
                .size(),
            1);
}

TEST(StructureReader, TakesFortranExponents) {
  EXPECT_EQ(read("1\n\nH 1.5D+01 -2d-1 0\n")[0].positions[0].x, 15);
}

const std::string pdb_atom =
    "ATOM      1  CA  ALA A   1      11.104   6.134  -6.504  1.00  0.00           C\n";

TEST(StructureReader, ReadsPdb) {
  const auto all = read("REMARK\nCRYST1   10.000   20.000   30.000  90.00  90.00  90.00 P 1\n" +
                            pdb_atom + "TER\nEND\n",
                        "a.pdb");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].numbers, (std::vector{6}));
  expect_equal(all[0].positions[0], {11.104, 6.134, -6.504});
  expect_equal(all[0].cell[1], {0, 20, 0});
  EXPECT_EQ(all[0].periodic, (Periodicity{true, true, true}));
}

TEST(StructureReader, TheDummyCellOfPdbIsNone) {
  const auto all =
      read("CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1\n" + pdb_atom, "a.PDB");
  EXPECT_FALSE(all[0].periodic.any());
}

TEST(StructureReader, BuildsTheTriclinicCellOfPdb) {
  const auto all =
      read("CRYST1   10.000   20.000   30.000  60.00  70.00  80.00 P 1\n" + pdb_atom, "a.ent");
  const Mat3& m = all[0].cell;
  const double degree = std::acos(-1.0) / 180;
  EXPECT_NEAR(dot(m[1], m[2]) / 600, std::cos(60 * degree), 1e-12);
  EXPECT_NEAR(dot(m[0], m[2]) / 300, std::cos(70 * degree), 1e-12);
  EXPECT_NEAR(dot(m[0], m[1]) / 200, std::cos(80 * degree), 1e-12);
  EXPECT_NEAR(norm(m[2]), 30, 1e-12);
}

TEST(StructureReader, ModelsOfPdbAreFrames) {
  const std::string cell = "CRYST1   10.000   20.000   30.000  90.00  90.00  90.00 P 1\n";
  const auto all = read(cell + "MODEL        1\n" + pdb_atom + "ENDMDL\nMODEL        2\n" +
                            pdb_atom + pdb_atom + "ENDMDL\nEND\n",
                        "a.pdb");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].size(), 1);
  EXPECT_EQ(all[1].size(), 2);
  EXPECT_TRUE(all[1].periodic.any());
}

TEST(StructureReader, TakesTheFirstAlternateLocation) {
  std::string a = pdb_atom, b = pdb_atom;
  a[16] = 'A', b[16] = 'B';
  EXPECT_EQ(read(a + b, "a.pdb")[0].size(), 1);
}

TEST(StructureReader, DerivesElementsFromPdbNames) {
  const std::vector<std::pair<std::string, int>> names{
      {" CA ", 6},  {"CA  ", 20}, {"HG11", 1},  {"1HB ", 1}, {"FE  ", 26}, {" OXT", 8},
      {"CL  ", 17}, {" N  ", 7},  {"NA  ", 11}, {" H1 ", 1}, {"CB  ", 6},  {"ZN  ", 30}};
  for (const auto& [name, number] : names) {
    const std::string line = "HETATM    1 " + name + " LIG" + pdb_atom.substr(20, 34);
    EXPECT_EQ(read(line + "\n", "a.pdb")[0].numbers[0], number) << name;
  }
}

TEST(StructureReader, NamesWhatItReads) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder / "a.crd", "x");
  const std::string text = message_of<InputError>([&] { read_structures(path); });
  for (const char* part :
       {"a.crd", ".xyz", ".extxyz", ".pdb", ".ent", ".cif", ".sdf", ".gro", "poscar", ".gz"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(StructureReader, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  for (const std::string& path : {folder / "missing.xyz", folder.path()}) {
    const std::string text = message_of<InputError>([&] { read_structures(path); });
    EXPECT_EQ(text.find(path + ": "), 0u) << text;
  }
}

struct Malformed {
  const char* name;
  const char* file;
  const char* text;
  int line;
  const char* says;
};

void PrintTo(const Malformed& m, std::ostream* out) { *out << m.name; }

class MalformedStructure : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedStructure, IsOneLineThatNamesFileAndLine) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder / GetParam().file, GetParam().text);
  const std::string text = message_of<InputError>([&] { read_structures(path); });
  EXPECT_EQ(text.find(path + ":" + std::to_string(GetParam().line) + ": "), 0u) << text;
  EXPECT_NE(text.find(GetParam().says), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

#define MD_P "Properties=species:S:1:pos:R:3"
#define MD_ATOM "ATOM      1  CA  ALA A   1      11.104   6.134  -6.504\n"
const Malformed cases[] = {
    {"Empty", "a.xyz", "", 1, "empty"},
    {"Blank", "a.xyz", " \n\n", 1, "empty"},
    {"EmptyPdb", "a.pdb", "", 1, "empty"},
    {"CountIsText", "a.xyz", "H 0 0 0\n", 1, "number of atoms"},
    {"CountIsReal", "a.xyz", "1.5\n\nH 0 0 0\n", 1, "'1.5'"},
    {"CountIsZero", "a.xyz", "0\n\n", 1, "at least one"},
    {"CountIsNegative", "a.xyz", "-3\n\nH 0 0 0\n", 1, "at least one"},
    {"CountIsHuge", "a.xyz", "99999999999\n\nH 0 0 0\n", 1, "whole number"},
    {"CountTooLarge", "a.xyz", "3\n\nH 0 0 0\nH 1 0 0\n", 4, "2 of the 3 atoms that line 1"},
    {"CountTooSmall", "a.xyz", "1\n\nH 0 0 0\nH 1 0 0\n", 4, "number of atoms"},
    {"OnlyACount", "a.xyz", "2\n", 1, "ends after the number of atoms"},
    {"TruncatedInTheSecondFrame", "a.xyz", "1\n\nH 0 0 0\n1\n\n", 5, "0 of the 1 atoms"},
    {"TruncatedLine", "a.xyz", "1\n\nH 0 0\n", 3, "3 columns; 4"},
    {"BlankLineAmongAtoms", "a.xyz", "2\n\nH 0 0 0\n\nH 1 0 0\n", 4, "0 columns"},
    {"UnknownElement", "a.xyz", "2\n\nH 0 0 0\nQq 1 0 0\n", 4, "'Qq' is not an element"},
    {"ElementNumber119", "a.xyz", "1\n\n119 0 0 0\n", 3, "'119'"},
    {"ElementNumber0", "a.xyz", "1\n\n0 0 0 0\n", 3, "'0'"},
    {"NotANumber", "a.xyz", "1\n\nH 0 x1 0\n", 3, "'x1'; a number"},
    {"NumberWithRest", "a.xyz", "1\n\nH 0 1.5a 0\n", 3, "'1.5a'"},
    {"Nan", "a.xyz", "1\n\nH 0 nan 0\n", 3, "finite"},
    {"Infinity", "a.xyz", "1\n\nH 0 0 -inf\n", 3, "finite"},
    {"Overflow", "a.xyz", "1\n\nH 0 0 1e999\n", 3, "1e999"},
    {"Hexadecimal", "a.xyz", "1\n\nH 0 0 0x10\n", 3, "'0x10'"},
    {"LatticeOfEight", "a.xyz", "1\nLattice=\"1 0 0 0 1 0 0 0\"\nH 0 0 0\n", 2, "8 numbers"},
    {"LatticeOfText", "a.xyz", "1\nLattice=\"a 0 0 0 1 0 0 0 1\"\nH 0 0 0\n", 2, "Lattice"},
    {"LatticeWithNan", "a.xyz", "1\nLattice=\"nan 0 0 0 1 0 0 0 1\"\nH 0 0 0\n", 2, "finite"},
    {"LatticeSingular", "a.xyz", "1\nLattice=\"1 0 0 0 1 0 1 1 0\"\nH 0 0 0\n", 2, "no volume"},
    {"LatticeZero", "a.xyz", "1\nLattice=\"0 0 0 0 0 0 0 0 0\"\nH 0 0 0\n", 2, "zero"},
    {"LatticeOpen", "a.xyz", "1\nLattice=\"1 0 0 0 1 0 0 0 1\nH 0 0 0\n", 2, "not closed"},
    {"LatticeTwice", "a.xyz", "1\nLattice=\"1 0 0 0 1 0 0 0 1\" Lattice=\"1\"\nH 0 0 0\n", 2,
     "twice"},
    {"LatticeWithoutValue", "a.xyz", "1\nLattice= pbc=T\nH 0 0 0\n", 2, "no value"},
    {"PbcWithoutLattice", "a.xyz", "1\npbc=\"T T T\"\nH 0 0 0\n", 2, "no Lattice"},
    {"PbcOfTwo", "a.xyz", "1\npbc=\"F F\"\nH 0 0 0\n", 2, "pbc has 2"},
    {"PbcOfText", "a.xyz", "1\npbc=\"F F maybe\"\nH 0 0 0\n", 2, "'maybe'"},
    {"PropertiesBroken", "a.xyz", "1\nProperties=species:S:1:pos:R\nH 0 0 0\n", 2, "triples"},
    {"PropertiesWithoutPositions", "a.xyz", "1\nProperties=species:S:1\nH\n", 2, "pos:R:3"},
    {"PropertiesWithoutSpecies", "a.xyz", "1\nProperties=pos:R:3\n0 0 0\n", 2, "species:S:1"},
    {"PropertiesOfTwoColumns", "a.xyz", "1\nProperties=species:S:1:pos:R:2\nH 0 0\n", 2, "pos:R:3"},
    {"PropertiesOfWrongType", "a.xyz", "1\nProperties=species:S:1:pos:S:3\nH 0 0 0\n", 2,
     "pos:R:3"},
    {"PropertiesOfNoType", "a.xyz", "1\n" MD_P ":q:X:1\nH 0 0 0 1\n", 2, "type 'X'"},
    {"PropertiesWithCountOfText", "a.xyz", "1\n" MD_P ":q:R:x\nH 0 0 0 1\n", 2, "'x'"},
    {"PropertiesTwice", "a.xyz", "1\n" MD_P ":pos:R:3\nH 0 0 0 0 0 0\n", 2, "two columns"},
    {"TooFewColumns", "a.xyz", "1\n" MD_P ":vel:R:3\nH 0 0 0 1 2\n", 3, "6 columns; 7"},
    {"TooManyColumns", "a.xyz", "1\n" MD_P "\nH 0 0 0 1\n", 3, "5 columns; 4"},
    {"BadVelocity", "a.xyz", "1\n" MD_P ":vel:R:3\nH 0 0 0 1 2 v\n", 3, "velocity"},
    {"BadMomentum", "a.xyz", "1\n" MD_P ":momenta:R:3\nH 0 0 0 1 2 inf\n", 3, "momentum"},
    {"BadMass", "a.xyz", "1\n" MD_P ":momenta:R:3:masses:R:1\nH 0 0 0 1 2 3 0\n", 3, "mass"},
    {"SecondFrame", "a.xyz", "1\n\nH 0 0 0\n1\n\nH 0 0 ?\n", 6, "'?'"},
    {"Binary", "a.xyz", "\x01\x02\x03\n", 1, "'\?\?\?'"},
    {"PdbWithoutAtoms", "a.pdb", "REMARK\nEND\n", 2, "no ATOM"},
    {"PdbShortLine", "a.pdb", "ATOM      1  CA  ALA A   1      11.104\n", 1, "columns"},
    {"PdbBadNumber", "a.pdb", "ATOM      1  CA  ALA A   1      11.1x4   6.134  -6.504\n", 1,
     "'11.1x4'"},
    {"PdbNan", "a.pdb", "ATOM      1  CA  ALA A   1         nan   6.134  -6.504\n", 1, "finite"},
    {"PdbUnknownName", "a.pdb", MD_ATOM "ATOM      1  QQ  ALA A   1      11.104   6.134  -6.504\n",
     2, "no certain element"},
    {"PdbUnknownElement", "a.pdb",
     "ATOM      1  CA  ALA A   1      11.104   6.134  -6.504  1.00  0.00          Qq\n", 1, "'Qq'"},
    {"PdbOpenModel", "a.pdb", "MODEL 1\n" MD_ATOM, 2, "MODEL of line 1"},
    {"PdbModelInModel", "a.pdb", "MODEL 1\n" MD_ATOM "MODEL 2\n", 3, "MODEL of line 3"},
    {"Utf16", "a.xyz",
     "\xFF\xFE"
     "1",
     1, "UTF-16"},
    {"PdbEmptyModel", "a.pdb", "MODEL 1\nENDMDL\n", 2, "no atoms"},
    {"PdbBadCell", "a.pdb", "CRYST1   10.000   2x.000   30.000  90.00  90.00  90.00\n" MD_ATOM, 1,
     "CRYST1"},
    {"PdbNegativeCell", "a.pdb", "CRYST1   10.000  -20.000   30.000  90.00  90.00  90.00\n", 1,
     "not positive"},
    {"PdbImpossibleAngles", "a.pdb",
     "CRYST1   10.000   20.000   30.000  20.00  20.00 170.00 P 1\n" MD_ATOM, 1, "no volume"},
};
#undef MD_P
#undef MD_ATOM

INSTANTIATE_TEST_SUITE_P(All, MalformedStructure, testing::ValuesIn(cases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(StructurePieces, GiveTheFramesOfTheWholeFile) {
  const TemporaryFolder folder;
  std::string text;
  for (int k = 0; k < 50; ++k) {
    text += std::to_string(k % 4 + 1) + "\n" + (k % 3 == 0 ? "name=a" : "") + "\n";
    for (int i = 0; i <= k % 4; ++i)
      text += "Ar " + std::to_string(i) + " 0 " + std::to_string(k) + "\n";
    if (k % 5 == 0) text += "\n";
  }
  const std::string path = write_text(folder / "a.xyz", text);
  const std::vector<Structure> whole = read_structures(path);
  for (const std::size_t bytes : {1, 50, 300, 100'000}) {
    StructurePieces pieces(path, bytes);
    std::size_t n = 0, n_pieces = 0;
    for (auto piece = pieces.next(); !piece.empty(); piece = pieces.next(), ++n_pieces)
      for (const Structure& frame : piece) {
        ASSERT_LT(n, whole.size());
        EXPECT_EQ(frame.source, whole[n].source);
        EXPECT_EQ(frame.numbers, whole[n].numbers);
        EXPECT_EQ(frame.remarks, whole[n].remarks);
        EXPECT_EQ(frame.positions[0].z, whole[n++].positions[0].z);
      }
    EXPECT_EQ(n, whole.size());
    EXPECT_EQ(n_pieces > 1, bytes < 1000);
  }
}

TEST(StructurePieces, NameTheLineOfAnError) {
  const TemporaryFolder folder;
  std::string text;
  for (int k = 0; k < 30; ++k) text += "1\n\nAr 0 0 0\n";
  const std::string path = write_text(folder / "a.xyz", text + "1\n\nAr 0 x 0\n" + text);
  StructurePieces pieces(path, 100);
  const std::string message = message_of<InputError>([&] {
    while (!pieces.next().empty()) {
    }
  });
  EXPECT_NE(message.find("a.xyz:93:"), std::string::npos) << message;
}

}  // namespace
}  // namespace md::test
