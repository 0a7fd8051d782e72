#pragma once

#ifdef __CUDACC__
#include <cuda_pipeline.h>
#endif

#include <cstring>

#include "md/device/lanes.cuh"
#include "potentials/painn/gpu/product.cuh"

namespace md::painn {

/// Tile of C, steps of depth, how many of them are in shared memory at once, and the part of the
/// tile that one thread sums up when it does so by itself: thread_rows x thread_columns.
template <int rows_, int columns_, int depth_, int stages_, int thread_rows_, int thread_columns_>
struct TileShape {
  static constexpr int rows = rows_, columns = columns_, depth = depth_, stages = stages_;
  static constexpr int thread_rows = thread_rows_, thread_columns = thread_columns_;
  static constexpr int threads = rows * columns / (thread_rows * thread_columns);
};

/// All replicas together: many tiles. One replica: few rows, and little time to wait for them.
template <class T>
using GridShape = TileShape<64, 64, 16, 16 / sizeof(T), 8, 4>;
template <class T>
using BlockShape = TileShape<32, 32, 32, 16 / sizeof(T), 2, 2>;

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

/// 16 bytes to shared memory; on a GPU they are on their way when this returns.
MD_HD inline void copy_16(void* to, const void* from) {
#ifdef __CUDA_ARCH__
  __pipeline_memcpy_async(to, from, 16);
#else
  std::memcpy(to, from, 16);
#endif
}

/// A tile of a product by the threads of one block: while they work on one step of the depth, the
/// next ones are on their way to shared memory. The depth is a multiple of Shape::depth, and rows
/// of all matrices are aligned to 16 bytes.
template <class Shape, class T>
struct ProductTile {
  static constexpr int step = Shape::depth, stages = Shape::stages;
  static constexpr int piece = 16 / sizeof(T);  // numbers that are copied at once
  /// Rows of A lie apart such that those which a warp reads at once, or a tensor core, are in
  /// different banks; likewise rows of B.
  struct alignas(128) Stage {
    T a[Shape::rows][step + piece];
    T b[step][Shape::columns + 2 * piece];
  };
  struct Memory {
    Stage stage[stages];
  };
  /// What one thread sums up.
  struct Sums {
    T value[Shape::thread_rows][Shape::thread_columns]{};
  };

  MD_HD static int smaller(int x, int y) { return x < y ? x : y; }

  /// Step k0 of the depth. Places outside of the matrices get numbers from inside: nobody uses what
  /// comes of them.
  MD_HD static void copy(const Product<T>& p, const TileCorner& corner, int k0, int thread,
                         Stage& stage) {
    constexpr int across_a = step / piece, across_b = Shape::columns / piece;
    constexpr int pieces_a = Shape::rows * across_a, pieces_b = step * across_b;
    static_assert(pieces_a % Shape::threads == 0 && pieces_b % Shape::threads == 0);
    MD_UNROLL for (int n = thread; n < pieces_a; n += Shape::threads) {
      const int row = n / across_a, k = n % across_a * piece;
      const std::size_t from = smaller(corner.row + row, p.rows - 1);
      copy_16(&stage.a[row][k], p.a + from * p.a_stride + k0 + k);
    }
    MD_UNROLL for (int n = thread; n < pieces_b; n += Shape::threads) {
      const int k = n / across_b, column = n % across_b * piece;
      copy_16(&stage.b[k][column], p.b.data + std::size_t(k0 + k) * p.b.stride +
                                       smaller(corner.column + column, p.b.columns - piece));
    }
  }

  /// The first row of a thread within the tile, of which it has every row_groups-th, and its first
  /// column.
  static constexpr int row_groups = Shape::rows / Shape::thread_rows;
  MD_HD static TileCorner own(int thread) {
    constexpr int column_groups = Shape::columns / Shape::thread_columns;
    return {thread / column_groups, thread % column_groups * Shape::thread_columns};
  }

  /// The sum of an element goes over k in order, wherever its row stands.
  MD_HD static void accumulate(const Product<T>& p, const TileCorner& corner, int thread,
                               const Stage& stage, Sums& sums) {
    const auto [row, column] = own(thread);
    // Threads whose rows are beyond the last leave the others their turns.
    if (corner.row + row >= p.rows) return;
    MD_UNROLL for (int k = 0; k < step; k += piece) {
      T a[Shape::thread_rows][piece];
      MD_UNROLL for (int x = 0; x < Shape::thread_rows; ++x)
          load(&stage.a[row + x * row_groups][k], a[x]);
      MD_UNROLL for (int q = 0; q < piece; ++q) {
        T b[Shape::thread_columns];
        load(&stage.b[k + q][column], b);
        MD_UNROLL for (int x = 0; x < Shape::thread_rows; ++x)
            MD_UNROLL for (int y = 0; y < Shape::thread_columns; ++y)
                sums.value[x][y] = multiply_add(a[x][q], b[y], sums.value[x][y]);
      }
    }
  }

  MD_HD static void store(const Product<T>& p, const TileCorner& corner, int thread, Sums& sums) {
    const auto [row, column] = own(thread);
    if (corner.column + column >= p.b.columns) return;
    MD_UNROLL for (int x = 0; x < Shape::thread_rows; ++x) {
      const int at = corner.row + row + x * row_groups;
      if (at < p.rows) p.store(at, corner.column + column, sums.value[x]);
    }
  }
};

/// The whole tile. `threads.each(f)`: f(thread, its sums) for all threads of the block. What they
/// copied before commit() is there for all after wait(), all but the stages - 2 last commits;
/// wait() also waits for all of them. `work(stage, thread, sums)`: one step.
#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
template <class Tile, class T, class Threads, class Work>
MD_HD void sum_up_tile(const Product<T>& p, const TileCorner& corner, typename Tile::Memory& memory,
                       Threads& threads, const Work& work) {
  using Sums = typename Tile::Sums;
  constexpr int ahead = Tile::stages - 1;
  const int steps = p.b.depth / Tile::step;
  const auto fetch = [&](int s) {
    if (s < steps)
      threads.each([&](int t, Sums&) {
        Tile::copy(p, corner, s * Tile::step, t, memory.stage[s % Tile::stages]);
      });
    threads.commit();
  };
  for (int s = 0; s < ahead; ++s) fetch(s);
  for (int s = 0; s < steps; ++s) {
    threads.template wait<ahead - 1>();
    fetch(s + ahead);
    threads.each([&](int t, Sums& sums) { work(memory.stage[s % Tile::stages], t, sums); });
  }
  threads.template wait<0>();
}

#ifdef __CUDACC__
#pragma nv_exec_check_disable
#endif
template <class Tile, class T, class Threads>
MD_HD void multiply_tile(const Product<T>& p, const TileCorner& corner,
                         typename Tile::Memory& memory, Threads& threads) {
  using Stage = typename Tile::Stage;
  using Sums = typename Tile::Sums;
  sum_up_tile<Tile>(p, corner, memory, threads, [&](const Stage& stage, int t, Sums& sums) {
    Tile::accumulate(p, corner, t, stage, sums);
  });
  threads.each([&](int t, Sums& sums) { Tile::store(p, corner, t, sums); });
}

}  // namespace md::painn
