#pragma once

#include <cuda_runtime.h>

inline void __pipeline_memcpy_async(void* to, const void* from, std::size_t bytes,
                                    std::size_t zeros = 0) {
  if (bytes != 4 && bytes != 8 && bytes != 16) emulator::fail("a copy of not 4, 8 or 16 bytes");
  if (zeros > 0) std::memset(static_cast<char*>(to) + bytes - zeros, 0, zeros);
  if (zeros < bytes) emulator::copy_later(to, from, bytes - zeros);
}
inline void __pipeline_commit() { emulator::commit_copies(); }
inline void __pipeline_wait_prior(std::size_t n) { emulator::wait_for_copies(n); }
