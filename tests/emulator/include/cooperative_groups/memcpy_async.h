#pragma once

#include <cooperative_groups.h>

namespace cooperative_groups {

template <class Group, class T>
void memcpy_async(const Group& group, T* to, const T* from, std::size_t bytes) {
  auto* const target = reinterpret_cast<char*>(to);
  const auto* const source = reinterpret_cast<const char*>(from);
  const std::size_t step = 16;
  for (std::size_t at = group.thread_rank() * step; at < bytes; at += group.size() * step)
    emulator::copy_later(target + at, source + at, std::min(step, bytes - at));
  emulator::commit_copies();
}
template <class Group>
void wait(const Group& group) {
  emulator::wait_for_copies(0);
  group.sync();
}
template <unsigned n, class Group>
void wait_prior(const Group& group) {
  emulator::wait_for_copies(n);
  group.sync();
}

}  // namespace cooperative_groups
