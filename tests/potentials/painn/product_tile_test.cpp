// The tiles that thread blocks of a GPU work on, their threads one after the other on the host,
// against plain loops.
#include "potentials/painn/gpu/product_tile.cuh"

#include <gtest/gtest.h>

#include <random>

#include "potentials/painn/gpu/host_team.cuh"

namespace md::test {
namespace {

using namespace painn;

/// All threads of a block, one after the other.
template <class Tile, int n>
struct SerialThreads {
  std::vector<typename Tile::Sums> sums = std::vector<typename Tile::Sums>(n);
  template <class F>
  void each(const F& f) {
    for (int t = 0; t < n; ++t) f(t, sums[t]);
  }
  void commit() {}
  template <int pending>
  void wait() {}
};

template <class T>
struct Problem {
  std::vector<T> a, b, bias, factor, addend, c, slope;
  Product<T> product;

  Problem(std::mt19937& random, int rows, int depth, int columns) {
    std::normal_distribution<T> normal;
    const int a_stride = depth + 8, b_stride = columns + 32, stride = columns + 4;
    for (auto [array, size] : {std::pair{&a, rows * a_stride}, std::pair{&b, depth * b_stride},
                               std::pair{&bias, columns}, std::pair{&factor, rows * stride},
                               std::pair{&addend, rows * stride}}) {
      array->resize(size);
      for (T& x : *array) x = normal(random);
    }
    c.assign(rows * stride, -77);
    slope.assign(rows * stride, -77);
    product = {.rows = rows,
               .a = a.data(),
               .a_stride = a_stride,
               .b = {b.data(), bias.data(), depth, columns, b_stride},
               .c = c.data(),
               .stride = stride,
               .slope = slope.data(),
               .factor = factor.data(),
               .addend = addend.data()};
  }
};

template <class Shape, class T>
void expect_the_bits_of_plain_loops(int rows, int depth, int columns) {
  using Tile = ProductTile<Shape, T>;
  std::mt19937 random(rows + 1000 * depth + columns);
  Problem<T> tiled(random, rows, depth, columns);
  random.seed(rows + 1000 * depth + columns);
  Problem<T> plain(random, rows, depth, columns);
  typename Tile::Memory memory;
  for (int tile = 0; tile < n_tiles<Shape>(tiled.product); ++tile) {
    SerialThreads<Tile, Shape::threads> threads;
    multiply_tile<Tile>(tiled.product, tile_corner<Shape>(tiled.product, tile), memory, threads);
  }
  HostTeam<T, Operand::full>().multiply(plain.product);
  EXPECT_EQ(tiled.c, plain.c) << rows << " x " << depth << " x " << columns;
  EXPECT_EQ(tiled.slope, plain.slope);
  EXPECT_NE(tiled.c[0], -77);
  EXPECT_EQ(tiled.c[columns], -77);  // nothing beside the matrix
}

template <class T>
class ProductTiles : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(ProductTiles, Types);

TYPED_TEST(ProductTiles, GiveTheBitsOfPlainLoopsForAnySize) {
  for (const int rows : {1, 15, 32, 45, 64, 65, 100})
    for (const int depth : {32, 64, 96, 128, 256, 384})
      for (const int columns : {32, 64, 96, 256}) {
        expect_the_bits_of_plain_loops<GridShape<TypeParam>, TypeParam>(rows, depth, columns);
        expect_the_bits_of_plain_loops<BlockShape<TypeParam>, TypeParam>(rows, depth, columns);
      }
}

TEST(RoundOperand, IsTheNearestNumberOfTheType) {
  EXPECT_EQ(round_operand<Operand::tf32>(1 + 0x1p-11f), 1);  // a tie, to even
  EXPECT_EQ(round_operand<Operand::tf32>(1 + 0x1.8p-11f), 1 + 0x1p-10f);
  EXPECT_EQ(round_operand<Operand::bf16>(1 + 0x1p-8f), 1);
  EXPECT_EQ(round_operand<Operand::bf16>(-1 - 0x1.8p-8f), -1 - 0x1p-7f);
  EXPECT_EQ(round_operand<Operand::fp16>(65504), 65504);
  EXPECT_EQ(round_operand<Operand::fp16>(65519), 65504);
  EXPECT_EQ(round_operand<Operand::fp16>(-65520), -INFINITY);
  EXPECT_EQ(round_operand<Operand::fp16>(0x1.4p-24f), 0x1p-24f);
  EXPECT_EQ(round_operand<Operand::fp16>(-0x1p-26f), 0);
  EXPECT_EQ(round_operand<Operand::fp16>(0x1.002p-14f), 0x1.000p-14f);  // a tie, to even
  EXPECT_EQ(round_operand<Operand::full>(1.23456789f), 1.23456789f);
  EXPECT_TRUE(std::isnan(round_operand<Operand::bf16>(NAN)));
}

}  // namespace
}  // namespace md::test
