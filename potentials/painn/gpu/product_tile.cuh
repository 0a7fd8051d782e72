#pragma once

#include "potentials/painn/gpu/product.cuh"

// Before a loop whose arrays shall stay in a GPU's registers.
#ifdef __CUDA_ARCH__
#define MD_UNROLL _Pragma("unroll")
#else
#define MD_UNROLL
#endif

namespace md::painn {

/// Tile of C, steps of depth, and the part of the tile that one thread sums up when it does so by
/// itself: thread_rows x thread_columns.
template <int rows_, int columns_, int depth_, int thread_rows_, int thread_columns_>
struct TileShape {
  static constexpr int rows = rows_, columns = columns_, depth = depth_;
  static constexpr int thread_rows = thread_rows_, thread_columns = thread_columns_;
  static constexpr int threads = rows * columns / (thread_rows * thread_columns);
};

/// All replicas together: many tiles. One replica: few rows, and depth in few steps.
using GridShape = TileShape<64, 64, 16, 8, 4>;
template <class T>
using BlockShape = TileShape<32, 32, 512 / sizeof(T), 4, 1>;

/// Where a tile lies in C.
struct TileCorner {
  int row, column;
};

/// The tiles of a product, in the order in which a team takes them.
template <class Shape, class T>
MD_HD int tiles_across(const Product<T>& p) {
  return (p.b.columns + Shape::columns - 1) / Shape::columns;
}
template <class Shape, class T>
MD_HD int n_tiles(const Product<T>& p) {
  return (p.rows + Shape::rows - 1) / Shape::rows * tiles_across<Shape>(p);
}
template <class Shape, class T>
MD_HD TileCorner tile_corner(const Product<T>& p, int tile) {
  const int across = tiles_across<Shape>(p);
  return {tile / across * Shape::rows, tile % across * Shape::columns};
}

/// A tile of a product by the threads of one block, in steps: each is done by all threads before
/// the next begins. Operands lie in shared memory as `Stored`, A transposed, so that a thread's
/// rows are side by side.
template <class Shape, class T, class Stored = T>
struct ProductTile {
  static constexpr int step = Shape::depth, padding = 16 / sizeof(Stored);
  struct alignas(128) Memory {
    alignas(128) Stored a[Shape::depth][Shape::rows + padding];
    alignas(128) Stored b[Shape::depth][Shape::columns + padding];
  };
  /// What one thread sums up.
  struct Sums {
    T value[Shape::thread_rows][Shape::thread_columns]{};
  };

  /// The element of A that number t of the tile is. A warp takes 4 rows x 8 of depth: whole sectors
  /// of global memory, and all banks of shared memory when it stores them transposed.
  struct Place {
    int row, k;
    MD_HD explicit Place(int t)
        : row(t / 32 / (Shape::depth / 8) * 4 + t % 32 / 8),
          k(t / 32 % (Shape::depth / 8) * 8 + t % 8) {}
  };

  MD_HD static int smaller(int x, int y) { return x < y ? x : y; }

  /// Step k0 of the depth to shared memory; all numbers are under way before the first is stored.
  /// Places outside of the matrices get any number from inside: nobody uses what comes of it.
  template <class Convert>
  MD_HD static void load(const Product<T>& p, const TileCorner& corner, int k0, int thread,
                         Memory& memory, const Convert& convert) {
    constexpr int threads = Shape::threads, depth = Shape::depth, columns = Shape::columns;
    static_assert(Shape::rows * depth % threads == 0 && columns * depth % threads == 0);
    T a[Shape::rows * depth / threads], b[columns * depth / threads];
    MD_UNROLL for (int n = 0; n < Shape::rows * depth / threads; ++n) {
      const Place at(n * threads + thread);
      const int row = smaller(corner.row + at.row, p.rows - 1);
      a[n] = p.a[std::size_t(row) * p.a_stride + smaller(k0 + at.k, p.b.depth - 1)];
    }
    MD_UNROLL for (int n = 0; n < columns * depth / threads; ++n) {
      const int t = n * threads + thread, k = smaller(k0 + t / columns, p.b.depth - 1);
      b[n] = p.b.data[k * p.b.stride + smaller(corner.column + t % columns, p.b.columns - 1)];
    }
    MD_UNROLL for (int n = 0; n < Shape::rows * depth / threads; ++n) {
      const Place at(n * threads + thread);
      memory.a[at.k][at.row] = convert(a[n]);
    }
    MD_UNROLL for (int n = 0; n < columns * depth / threads; ++n) {
      const int t = n * threads + thread;
      memory.b[t / columns][t % columns] = convert(b[n]);
    }
  }

  /// The first row and column of a thread within the tile.
  MD_HD static TileCorner own(int thread) {
    constexpr int groups = Shape::columns / Shape::thread_columns;
    return {thread / groups * Shape::thread_rows, thread % groups * Shape::thread_columns};
  }

  /// The sum of an element goes over k in order, wherever its row stands.
  MD_HD static void accumulate(const Product<T>& p, const TileCorner& corner, int k0, int thread,
                               const Memory& memory, Sums& sums) {
    const auto [row, column] = own(thread);
    // Threads whose rows are beyond the last leave the others their turns.
    const int depth = corner.row + row < p.rows ? smaller(Shape::depth, p.b.depth - k0) : 0;
#ifdef __CUDA_ARCH__
#pragma unroll 8
#endif
    for (int k = 0; k < depth; ++k) {
      MD_UNROLL for (int x = 0; x < Shape::thread_rows; ++x) {
        MD_UNROLL for (int y = 0; y < Shape::thread_columns; ++y) {
          T& sum = sums.value[x][y];
          sum = multiply_add(memory.a[k][row + x], memory.b[k][column + y], sum);
        }
      }
    }
  }

  MD_HD static void store(const Product<T>& p, const TileCorner& corner, int thread,
                          const Sums& sums) {
    const auto [row, column] = own(thread);
    MD_UNROLL for (int x = 0; x < Shape::thread_rows; ++x) {
      MD_UNROLL for (int y = 0; y < Shape::thread_columns; ++y) {
        const TileCorner at{corner.row + row + x, corner.column + column + y};
        if (at.row < p.rows && at.column < p.b.columns)
          p.store(at.row, at.column, sums.value[x][y]);
      }
    }
  }
};

/// x as it is.
struct Unchanged {
  template <class T>
  MD_HD T operator()(T x) const {
    return x;
  }
};

/// The whole tile. `threads.each(f)`: f(thread, its sums) for all threads of the block, and all of
/// them before it returns.
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
template <class Tile, class T, class Threads>
MD_HD void multiply_tile(const Product<T>& p, const TileCorner& corner,
                         typename Tile::Memory& memory, Threads& threads) {
  using Sums = typename Tile::Sums;
  for (int k0 = 0; k0 < p.b.depth; k0 += Tile::step) {
    threads.each([&](int t, Sums&) { Tile::load(p, corner, k0, t, memory, Unchanged{}); });
    threads.each([&](int t, Sums& sums) { Tile::accumulate(p, corner, k0, t, memory, sums); });
  }
  threads.each([&](int t, Sums& sums) { Tile::store(p, corner, t, sums); });
}

}  // namespace md::painn
