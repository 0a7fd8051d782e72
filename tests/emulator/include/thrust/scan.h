#pragma once

#include <thrust/execution_policy.h>

#include <numeric>

namespace thrust {

template <class In, class Out>
void inclusive_scan(const cuda::Policy& policy, In first, In last, Out result) {
  emulator::enqueue(policy.stream, [=] { std::inclusive_scan(first, last, result); });
}

}  // namespace thrust
