#pragma once

#include <algorithm>

#include "md/device/stream.hpp"

namespace md {

/// for_each_index for a functor that runs on the host only; the stream must be a CPU's.
template <class F>
void for_each_index_on_host(Stream& stream, int n, F f, int weight = 2) {
  if (n == 0 || (stream.gate() && *stream.gate())) return;
  const int grain = std::max(1, 20000 / std::max(1, weight));
  const auto body = [](void* context, int begin, int end) {
    const F& g = *static_cast<const F*>(context);
    for (int i = begin; i < end; ++i) g(i);
  };
  if (stream.threads() == 1 || n < 2 * grain)
    body(&f, 0, n);
  else
    stream.run_on_host(n, grain, body, &f);
}

/// f(stage, block) for every block in [0, n_blocks) of stage 0, then of stage 1, and so on; see
/// Stream::run_stages.
template <class F>
void for_each_stage_on_host(Stream& stream, int n_stages, int n_blocks, F f) {
  const auto body = [](void* context, int stage, int block) {
    (*static_cast<const F*>(context))(stage, block);
  };
  stream.run_stages(n_stages, n_blocks, body, &f);
}

}  // namespace md
