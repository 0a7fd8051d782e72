#pragma once

#include <vector>

namespace md::painn {

/// Replicas [first_replica, last_replica) with the atoms [begin, end) of a batch.
struct Tile {
  int first_replica = 0, last_replica = 0, begin = 0, end = 0;
  int n_atoms() const { return end - begin; }
};

/// A batch cut into pieces that are evaluated one at a time.
struct Tiles {
  std::vector<Tile> small, large;
  bool side_by_side = false;  // enough small ones for each thread to take whole ones
};

/// Small replicas are put together, since products with few rows are slow, but not more of them
/// than stay in the cache, and so that every thread gets about the same. first_atom:
/// [n_replicas + 1].
void make_tiles(const int* first_atom, int n_replicas, int threads, Tiles& tiles);

/// Into how many blocks of at most `rows` the n atoms of a tile are cut for all threads.
int block_count(int n, int rows, int threads);

}  // namespace md::painn
