#pragma once

#include <sys/resource.h>

#include <cmath>

#include "md/writer.hpp"

namespace md::test {

/// Three replicas of 3, 2 and 3 atoms in one cell.
inline Batch sample_batch() {
  Batch batch;
  batch.first_atom = {0, 3, 5, 8};
  batch.numbers = {8, 1, 1, 11, 17, 8, 1, 1};
  batch.periodic.assign(3, {true, true, true});
  batch.ids = {7, 8, 9};
  return batch;
}

/// n single atoms without a cell.
inline Batch many_replicas(int n) {
  Batch batch;
  for (int r = 0; r <= n; ++r) batch.first_atom.push_back(r);
  batch.numbers.assign(static_cast<std::size_t>(n), 18);
  batch.periodic.resize(static_cast<std::size_t>(n));
  batch.ids.resize(static_cast<std::size_t>(n));
  return batch;
}

/// Frame `number` of that batch, with values of its own.
inline Frame sample_frame(const Batch& batch, int number) {
  Frame frame;
  frame.step = 10 * number;
  frame.time_ps = 0.005 * number;
  for (int i = 0; i < batch.first_atom.back(); ++i) {
    const double a = std::sin(100.0 * number + i);
    frame.position.push_back({a, 2 * a + i, -a});
    frame.velocity.push_back({0.01 * a, a / 300, -a / 700});
    frame.force.push_back({a * a, a / 3, 1 - a});
  }
  for (int r = 0; r < batch.n_replicas(); ++r) {
    frame.cell.push_back({{{0.5, 11, 0}, {12, -1, 0}, {1, 2, -13}}});
    frame.potential.push_back(-3.25 + r + std::sin(number));
    frame.kinetic.push_back(0.1 * r + 1);
    frame.temperature.push_back(300 + number);
    frame.stress.push_back({{{1, 2, 3}, {2, 4, 5}, {3, 5, 6}}});
    frame.status.push_back(0);
  }
  return frame;
}

/// While it lives, no file can grow beyond `bytes`, as on a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::int64_t bytes) {
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limit = old_;
    limit.rlim_cur = static_cast<rlim_t>(bytes);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  rlimit old_{};
};

}  // namespace md::test
