#pragma once

namespace md {

/// GFLOP/s (10^9, a multiplication and an addition are two) that the PaiNN kernels' own float32
/// matrix product reaches alone, [960, 128] times [128, 384], with `threads` threads at a time.
double product_rate(int threads);

}  // namespace md
