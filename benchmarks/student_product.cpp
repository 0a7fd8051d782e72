#include "benchmarks/student_product.hpp"

#include <algorithm>
#include <chrono>

#include "md/device/host_parallel.hpp"
#include "potentials/painn/cpu/kernel.hpp"

namespace md {

double product_rate(int threads) {
  constexpr int rows = 960, depth = 128, columns = 384, calls = 40;
  painn::PackedMatrix<float> b{depth, columns, {}, {}};
  b.data.assign(static_cast<std::size_t>(depth) * columns, 0.01f);
  struct Operands {
    painn::Aligned<float> a = painn::Aligned<float>(std::size_t{rows} * depth, 0.5f);
    painn::Aligned<float> c = painn::Aligned<float>(std::size_t{rows} * columns);
  };
  std::vector<Operands> each(threads);
  Stream stream(Device{}, threads);
  double best = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const auto start = std::chrono::steady_clock::now();
    for_each_index_on_host(
        stream, threads,
        [&](int t) {
          for (int k = 0; k < calls; ++k)
            painn::multiply_matrices(rows, each[t].a.data(), b, each[t].c.data());
        },
        1'000'000);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2e-9 * rows * depth * columns * calls * threads / time.count());
  }
  return best;
}

}  // namespace md
