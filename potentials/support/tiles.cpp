#include "potentials/support/tiles.hpp"

#include <algorithm>
#include <cstdint>

namespace md::painn {
namespace {

constexpr int small_replica = 64;     // atoms: larger ones are a tile of their own
constexpr int least = 12, most = 48;  // atoms that a tile of small replicas should have
constexpr int tiles_per_thread = 4;   // at least, where the batch is large enough

}  // namespace

void make_tiles(const int* first_atom, int n_replicas, int threads, Tiles& tiles) {
  tiles.small.clear();
  tiles.large.clear();
  const auto size = [&](int r) { return first_atom[r + 1] - first_atom[r]; };
  std::int64_t total = 0;
  for (int r = 0; r < n_replicas; ++r)
    if (size(r) <= small_replica) total += size(r);
  const std::int64_t wanted =
      std::clamp<std::int64_t>(total / (tiles_per_thread * threads), least, most);
  const std::int64_t n_tiles = (total + wanted - 1) / wanted;

  std::int64_t seen = 0;  // atoms of small replicas before r
  bool open = false;      // the last tile takes more replicas
  for (int r = 0; r < n_replicas; ++r) {
    const Tile own{r, r + 1, first_atom[r], first_atom[r + 1]};
    if (size(r) > small_replica) {
      tiles.large.push_back(own);
      open = false;
      continue;
    }
    if (open) {
      tiles.small.back().last_replica = own.last_replica;
      tiles.small.back().end = own.end;
    } else {
      tiles.small.push_back(own);
    }
    const std::int64_t before = seen * n_tiles / total;
    seen += size(r);
    open = seen * n_tiles / total == before;  // until its share of all atoms is full
  }
  tiles.side_by_side = static_cast<int>(tiles.small.size()) >= 2 * threads;
}

int block_count(int n, int rows, int threads) {
  const int needed = (n + rows - 1) / rows;
  if (needed < threads) return std::min(threads, (n + 1) / 2);
  return (needed + threads - 1) / threads * threads;
}

}  // namespace md::painn
