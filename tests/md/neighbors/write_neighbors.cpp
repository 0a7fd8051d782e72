// Reads systems from standard input and writes their neighbors to standard output, for comparison
// with other codes. In: cutoff, number of atoms, three flags of periodicity, nine numbers of the
// cell, positions; until the end. Out: the number of neighbors, then i j dx dy dz of each.
#include <cstdio>
#include <iostream>

#include "md/neighbors/neighbors.hpp"

int main() {
  using namespace md;
  double cutoff = 0;
  int n = 0;
  while (std::cin >> cutoff >> n) {
    Structure s;
    bool a = false, b = false, c = false;
    std::cin >> a >> b >> c;
    s.periodic = {a, b, c};
    for (int k = 0; k < 9; ++k) std::cin >> s.cell[k / 3][k % 3];
    for (int i = 0; i < n; ++i) {
      Vec3 x;
      std::cin >> x.x >> x.y >> x.z;
      s.positions.push_back(x);
      s.numbers.push_back(18);
    }
    if (!std::cin) return 1;
    State state(Device{}, {s}, std::vector<ReplicaSettings>(1));
    Stream stream(Device{}, 1);
    const NeighborList list(state, cutoff, 0, stream);
    const NeighborView v = list.view();
    int total = 0;
    for (int i = 0; i < n; ++i) total += v.count[i];
    std::printf("%d\n", total);
    for (int i = 0; i < n; ++i)
      for (std::int64_t k = v.row[i]; k < v.row[i] + v.count[i]; ++k) {
        const Vec3 d = v.vector(0, i, k);
        std::printf("%d %d %.17g %.17g %.17g\n", i, v.atom[k], d.x, d.y, d.z);
      }
  }
}
