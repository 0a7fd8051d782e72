#include "potentials/support/tiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace md::test {
namespace {

using namespace painn;

std::vector<int> starts(const std::vector<int>& sizes) {
  std::vector<int> first{0};
  for (int size : sizes) first.push_back(first.back() + size);
  return first;
}

Tiles tiles_of(const std::vector<int>& sizes, int threads) {
  Tiles tiles;
  make_tiles(starts(sizes).data(), static_cast<int>(sizes.size()), threads, tiles);
  return tiles;
}

TEST(Tiles, HoldEveryReplicaOnceAndInOrder) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<int> sizes(1 + random() % 60);
    for (int& size : sizes) size = 1 + random() % (trial % 2 ? 30 : 120);
    const std::vector<int> first = starts(sizes);
    Tiles tiles = tiles_of(sizes, 1 + trial % 5);
    std::vector<Tile> all = tiles.small;
    all.insert(all.end(), tiles.large.begin(), tiles.large.end());
    std::ranges::sort(all, {}, &Tile::begin);
    int replica = 0;
    for (const Tile& tile : all) {
      EXPECT_EQ(tile.first_replica, replica);
      EXPECT_EQ(tile.begin, first[tile.first_replica]);
      EXPECT_EQ(tile.end, first[tile.last_replica]);
      replica = tile.last_replica;
    }
    EXPECT_EQ(replica, static_cast<int>(sizes.size()));
    for (const Tile& tile : tiles.large) EXPECT_GT(tile.n_atoms(), 64);
    for (const Tile& tile : tiles.small) EXPECT_LE(tile.n_atoms(), 48 + 64);
  }
}

TEST(Tiles, GiveThreadsAboutTheSame) {
  for (const int size : {3, 12, 15, 27})
    for (const int count : {16, 64, 256}) {
      const Tiles tiles = tiles_of(std::vector<int>(count, size), 2);
      EXPECT_TRUE(tiles.side_by_side);
      // In turn to whoever is free.
      int load[2] = {};
      for (const Tile& tile : tiles.small) *std::ranges::min_element(load) += tile.n_atoms();
      EXPECT_LE(std::abs(load[0] - load[1]), 0.15 * size * count) << size << " x " << count;
    }
}

TEST(Tiles, AFewReplicasGoToAllThreadsTogether) {
  EXPECT_FALSE(tiles_of({15}, 2).side_by_side);
  EXPECT_FALSE(tiles_of({15, 15}, 4).side_by_side);
  EXPECT_EQ(tiles_of({200, 3}, 2).large.size(), 1u);
}

TEST(Tiles, BlocksAreEnoughForAllThreads) {
  EXPECT_EQ(block_count(1, 32, 8), 1);
  EXPECT_EQ(block_count(3, 32, 2), 2);
  EXPECT_EQ(block_count(15, 32, 2), 2);
  EXPECT_EQ(block_count(15, 32, 64), 8);
  EXPECT_EQ(block_count(192, 32, 2), 6);
  EXPECT_EQ(block_count(192, 32, 4), 8);
  for (int n = 1; n < 500; ++n) EXPECT_GE(block_count(n, 32, 3) * 32, n);
}

}  // namespace
}  // namespace md::test
