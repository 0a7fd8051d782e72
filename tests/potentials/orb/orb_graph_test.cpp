#include "potentials/orb/orb_graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "md/state.hpp"
#include "tests/potentials/orb/orb_cases.hpp"

namespace md::test {
namespace {

orb::Graph graph_of(const std::vector<Structure>& systems, int most = 20, double skin = 1,
                    int threads = 1) {
  Stream stream(Device{}, threads);
  State state(Device{}, systems, std::vector<ReplicaSettings>(systems.size()));
  NeighborList neighbors(state, 6, skin, stream);
  neighbors.build(stream);
  orb::Graph graph;
  orb::NearestNeighbors(6, most).find(state.view(), neighbors.view(), 0, state.n_atoms(), stream,
                                      graph);
  return graph;
}

/// Sender, receiver and vector to 1e-6 A: the same edge in both programs.
using Key = std::array<long, 5>;
std::multiset<Key> keys_of(const orb::Graph& graph) {
  std::multiset<Key> keys;
  for (int e = 0; e < graph.n_edges; ++e) {
    Key key{graph.sender[e], graph.receiver[e]};
    for (int k = 0; k < 3; ++k) key[2 + k] = std::lround(graph.vector[e][k] * 1e6);
    keys.insert(key);
  }
  return keys;
}

TEST(OrbGraph, HasTheEdgesOfOrbModels) {
  for (const auto& [name, c] : orb_cases()) {
    const orb::Graph graph = graph_of({c.structure});
    ASSERT_EQ(graph.n_edges, c.graph.n_edges) << name;
    if (!is_tied(name)) {
      EXPECT_EQ(keys_of(graph), keys_of(c.graph)) << name;
    }
    EXPECT_EQ(graph.first, c.graph.first) << name;
    for (int i = 0; i < graph.n_atoms; ++i) {  // as far away, tied or not
      std::vector<double> wanted;
      for (int e = graph.first[i]; e < graph.first[i + 1]; ++e)
        wanted.push_back(norm(c.graph.vector[e]));
      std::ranges::sort(wanted);
      for (int k = 0; k < static_cast<int>(wanted.size()); ++k)
        EXPECT_NEAR(norm(graph.vector[graph.first[i] + k]), wanted[k], 2e-9) << name << ' ' << i;
    }
  }
}

TEST(OrbGraph, ListsEveryEdgeOnceByReceiver) {
  const orb::Graph graph = graph_of({orb_cases().at("tri4").structure});
  std::multiset<int> seen;
  for (int i = 0; i < graph.n_atoms; ++i)
    for (int k = graph.incoming_first[i]; k < graph.incoming_first[i + 1]; ++k) {
      EXPECT_EQ(graph.receiver[graph.incoming[k]], i);
      seen.insert(graph.incoming[k]);
    }
  EXPECT_EQ(seen.size(), std::set<int>(seen.begin(), seen.end()).size());
  EXPECT_EQ(static_cast<int>(seen.size()), graph.n_edges);
}

// Lone atom in a cube of 4 A: 6 images at 4 A, 12 at 5.66 A. Of the tied ones the first in the
// lexicographic order of their shifts stay.
TEST(OrbGraph, CutsTiedShellsInTheDocumentedOrder) {
  Structure one;
  one.numbers = {29};
  one.positions = {{0.3, 0.1, 3.9}};
  one.cell = {{{4, 0, 0}, {0, 4, 0}, {0, 0, 4}}};
  one.periodic = {true, true, true};
  const orb::Graph all = graph_of({one});
  ASSERT_EQ(all.n_edges, 18);
  const orb::Graph cut = graph_of({one}, 9);
  ASSERT_EQ(cut.n_edges, 9);
  const Vec3 expected[9] = {{-4, 0, 0}, {0, -4, 0},  {0, 0, -4},  {0, 0, 4}, {0, 4, 0},
                            {4, 0, 0},  {-4, -4, 0}, {-4, 0, -4}, {-4, 0, 4}};
  for (int e = 0; e < 9; ++e) EXPECT_LE(norm(cut.vector[e] - expected[e]), 1e-12) << e;
}

TEST(OrbGraph, DependsNeitherOnWrappingNorSkinNorThreadsNorTheBatch) {
  for (const char* name : {"si2_perfect", "nacl8_perfect", "tri4", "water64"}) {
    const Structure& system = orb_cases().at(name).structure;
    const orb::Graph graph = graph_of({system});
    EXPECT_EQ(keys_of(graph_of({system}, 20, 0.1, 4)), keys_of(graph)) << name;
    Structure moved = system;  // each atom into another image
    for (int i = 0; i < moved.size(); ++i)
      moved.positions[i] += Vec3{double(i % 3 - 1), double(i % 2), -1} * moved.cell;
    EXPECT_EQ(keys_of(graph_of({moved})), keys_of(graph)) << name;
    const orb::Graph two = graph_of({orb_cases().at("water5").structure, system});
    const int before = two.first[15];
    for (int e = 0; e < graph.n_edges; ++e) {
      EXPECT_EQ(two.receiver[before + e], graph.receiver[e] + 15) << name;
      EXPECT_EQ(norm(two.vector[before + e] - graph.vector[e]), 0) << name;
    }
  }
}

}  // namespace
}  // namespace md::test
