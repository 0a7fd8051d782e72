#pragma once

#include <cuda_runtime.h>

/// 8 bits of exponent, 7 of mantissa.
struct __nv_bfloat16 {
  std::uint16_t bits;
  __nv_bfloat16() = default;
  __nv_bfloat16(float x) {
    const unsigned pattern = std::bit_cast<unsigned>(x);
    bits = x != x ? 0x7fffu : (pattern + 0x7fffu + (pattern >> 16 & 1u)) >> 16;
  }
  operator float() const { return std::bit_cast<float>(unsigned{bits} << 16); }
};
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return __nv_bfloat16(x); }
