#include "io/xyz_comment.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "io/structure_reader.hpp"
#include "io/xyz_pairs.hpp"
#include "md/errors.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

XyzComment parse(const std::string& line) {
  return parse_xyz_comment(TextSource("a.xyz", ""), line);
}

std::string refused(const std::string& line) {
  return message_of<InputError>([&] { parse(line); });
}

const std::string cell = "\"6 0 0 0 6 0 0 0 6\"", columns = "Properties=species:S:1:pos:R:3";

// Each line is taken by the specification of libAtoms/extxyz, or is meant as clearly.
TEST(XyzComment, FindsTheCellHoweverTheLineIsWritten) {
  for (const std::string& line : std::vector<std::string>{
           "Lattice=" + cell + " " + columns + " pbc=\"T T T\"",
           "Lattice = " + cell + " Properties = species:S:1:pos:R:3 pbc = \"T T T\"",
           "\"Lattice\"=" + cell + " \"Properties\"=\"species:S:1:pos:R:3\"",
           "comment 5'-end Lattice=" + cell + " " + columns + " name='a b'",
           "'tis Lattice=" + cell + " " + columns + " it's",
           "LATTICE=" + cell + " PROPERTIES=species:S:1:pos:R:3",
           "Lattice='6 0 0 0 6 0 0 0 6' " + columns,
           "Lattice={6 0 0 0 6 0 0 0 6} " + columns,
           "Lattice=[6,0,0,0,6,0,0,0,6] " + columns,
           "Lattice=[6, 0, 0, 0, 6, 0, 0, 0, 6] " + columns,
           "Lattice=[[6,0,0],[0,6,0],[0,0,6]] " + columns,
           "Lattice=\"6 6 6\" " + columns,
           "Lattice=\"6.0,0,0,0,6,0,0,0,6\" " + columns,
           "Lattice=\" 6 0 0  0 6 0\t0 0 6 \" " + columns,
           "name=\"a \\\"b\\\" c\" Lattice=" + cell + " " + columns,
           "name=\"5' Lattice=" + cell + " " + columns,
           "path='C:\\' Lattice=\\'' Lattice=" + cell + " " + columns,
           "a={1 \"}\" 2} b=[[1,2],[3,4]] Lattice=" + cell + " " + columns,
           "pbc=[T, true, TRUE] Lattice=" + cell + " " + columns,
           "pbc=T Lattice=" + cell + " " + columns,
           "note=\"Lattice=\\\"1 2 3\\\" pbc=F\" Lattice=" + cell + " " + columns,
           "q=\"unclosed Lattice='6 0 0 0 6 0 0 0 6' " + columns}) {
    const XyzComment comment = parse(line);
    EXPECT_TRUE(comment.periodic.all()) << line;
    EXPECT_EQ(comment.cell[1].y, 6) << line;
    EXPECT_EQ(comment.cell[1].x, 0) << line;
    EXPECT_TRUE(comment.has_properties) << line;
  }
}

TEST(XyzComment, RefusesWhatStandsThereAndIsNotUnderstood) {
  for (const std::string& line : std::vector<std::string>{
           "'a Lattice=" + cell + " pbc' " + columns, "x,Lattice=" + cell + " " + columns,
           "[Lattice=" + cell + " " + columns + "]",
           "Lattice=" + cell + ",pbc=\"T T T\" " + columns,
           "Lattice=\"6 0 0 0 6 0 0 0 6 " + columns, "Lattice " + columns + " pbc=\"T T T\"",
           "Lattice= pbc=T " + columns, "Lattice=[[6,1,0],[0,6,0],[0,0,6]] " + columns,
           "(Properties=species:S:1:pos:R:3)"}) {
    EXPECT_EQ(refused(line).find("a.xyz:0: "), 0u) << line;
  }
}

TEST(XyzComment, LogicalsInAllSpellings) {
  for (const char* yes : {"T", "t", "True", "TRUE", "true", "1", ".true."})
    for (const char* no : {"F", "f", "False", "FALSE", "false", "0", ".FALSE."}) {
      const auto line = "Lattice=" + cell + " pbc=\"" + yes + " " + no + " " + yes + "\"";
      EXPECT_EQ(parse(line).periodic, Periodicity(true, false, true)) << line;
    }
}

TEST(XyzComment, FindsChargeAndSpin) {
  EXPECT_EQ(parse("charge=-1 spin=2").charge, -1);
  EXPECT_EQ(parse("total_charge=+2").charge, 2);
  EXPECT_EQ(parse("Charge = 0 multiplicity=\"3\"").spin, 3);
  EXPECT_TRUE(std::isnan(parse("charge=\"1 0\"").charge));
}

TEST(XyzComment, ReadsTheUnitsOfIPi) {
  const XyzComment c = parse(
      "# CELL(abcABC):   10.0   20.0  30.0  90.00000  90.00000  90.00000  Step:  3  Bead:  0 "
      "positions{atomic_unit}  cell{angstrom}");
  EXPECT_EQ(c.length, 0.529177210903);
  EXPECT_EQ(c.cell[1].y, 20);
  EXPECT_TRUE(c.periodic.all());
  EXPECT_EQ(c.warnings.size(), 1u);
  EXPECT_NE(refused("# CELL(abcABC): 1 2 3 90 90 90 forces{atomic_unit} cell{angstrom}")
                .find("names no unit of positions"),
            std::string::npos);
  EXPECT_NE(refused("# CELL(H): 1 0 0 0 1 0 0 0 1 positions{angstrom}").find("abcABC"),
            std::string::npos);
}

TEST(XyzComment, WarnsOfOtherUnits) {
  EXPECT_EQ(parse(" i =        1, time =        0.500, E =       -17.1643447508").warnings.size(),
            1u);
  const XyzComment bohr = parse("from somewhere [bohr]");
  EXPECT_EQ(bohr.length, 0.529177210903);
  EXPECT_EQ(bohr.warnings.size(), 1u);
  EXPECT_EQ(parse("lengths in bohr").warnings.size(), 1u);
  EXPECT_EQ(parse("lengths in bohr").length, 1);
}

}  // namespace
}  // namespace md::test
