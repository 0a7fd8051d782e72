#pragma once

#include <optional>

namespace md {

/// GFLOP/s (10^9, a multiplication and an addition are two) that the PaiNN kernels' own float32
/// matrix product reaches alone on large products with `threads` threads. Nothing where the kernels
/// do not offer their product by itself: no share of it can be given then.
std::optional<double> product_rate(int threads);

}  // namespace md
