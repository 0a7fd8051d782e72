#include "io/topology.hpp"

#include <gtest/gtest.h>

#include <set>

#include "io/structure_reader.hpp"
#include "md/errors.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

TEST(Topology, OneFilePerReplicaOrOneForAll) {
  const TemporaryFolder folder;
  const Batch batch = sample_batch();
  const Frame frame = sample_frame(batch, 0);
  write_topology(folder.path(), batch, frame, false);
  EXPECT_EQ(read_structures(folder / "topology.r0001.pdb")[0].numbers, (std::vector{11, 17}));
  EXPECT_FALSE(std::filesystem::exists(folder / "topology.pdb"));
  write_topology(folder.path(), batch, frame, true);
  const auto all = read_structures(folder / "topology.pdb");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].numbers, batch.numbers);
  EXPECT_NEAR(std::abs(determinant(all[0].cell)), std::abs(determinant(frame.cell[0])), 2);
}

TEST(Topology, KeepsItsColumnsBeyondAHundredThousandAtoms) {
  const TemporaryFolder folder;
  Batch batch;
  Frame frame;
  for (int i = 0; i < 120000; ++i) {
    batch.numbers.push_back(i % 2 ? 18 : 1);
    frame.position.push_back({0.01 * (i % 1000), -1.0 * i, 20.0 * i});
  }
  batch.first_atom = {0, 120000};
  batch.periodic = {{false, false, false}};
  batch.ids = {0};
  frame.cell.resize(1);
  write_topology(folder.path(), batch, frame, false);
  const Structure s = read_structures(folder / "topology.pdb").at(0);
  EXPECT_EQ(s.numbers, batch.numbers);
  EXPECT_FALSE(s.periodic.any());
  for (std::size_t i = 0; i < s.positions.size(); ++i) {
    EXPECT_NEAR(s.positions[i].y, frame.position[i].y, 0.5);
    EXPECT_NEAR(s.positions[i].x, frame.position[i].x, 5.1e-4);
  }
  std::ifstream file(folder / "topology.pdb");
  std::set<std::string> names;  // of neighboring residues
  std::string residue;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("HETATM")) continue;
    ASSERT_EQ(line.size(), 78u) << line;
    if (line.substr(17, 9) != residue) residue = line.substr(17, 9), names.clear();
    EXPECT_TRUE(names.insert(line.substr(12, 4)).second) << line;
  }
}

TEST(Topology, HasTheBondsAndEveryLengthOfACell) {
  const TemporaryFolder folder;
  Batch batch = sample_batch();
  batch.bonds = {{0, 1}, {0, 2}, {5, 6}, {5, 7}};
  Frame frame = sample_frame(batch, 0);
  for (Mat3& cell : frame.cell) cell = {{{6, 0, 0}, {0, 6, 0}, {0, 0, 200000}}};
  write_topology(folder.path(), batch, frame, false);
  const Structure s = read_structures(folder / "topology.r0002.pdb").at(0);
  EXPECT_EQ(s.bonds, (std::vector<std::pair<int, int>>{{0, 1}, {0, 2}}));
  EXPECT_EQ(std::abs(determinant(s.cell)), 36 * 200000.0);
}

TEST(Topology, LeavesNoUnfinishedFile) {
  const TemporaryFolder folder;
  const Batch batch = sample_batch();
  {
    const FileSizeLimit limit(100);
    EXPECT_THROW(write_topology(folder.path(), batch, sample_frame(batch, 0), true), FileError);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "topology.pdb"));
}

}  // namespace
}  // namespace md::test
