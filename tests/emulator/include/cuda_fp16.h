#pragma once

#include <cuda_runtime.h>

namespace emulator {

/// To the nearest number with 5 bits of exponent and 10 of mantissa, ties to even.
inline std::uint16_t half_bits(float x) {
  const unsigned pattern = std::bit_cast<unsigned>(x), sign = pattern >> 16 & 0x8000u;
  const unsigned size = pattern & 0x7fffffffu;
  if (size > 0x7f800000u) return sign | 0x7fffu;
  if (size >= 0x477ff000u) return sign | 0x7c00u;  // 65520 and more
  if (size < 0x38800000u) {                        // subnormal: multiples of 2^-24
    const float shifted = std::bit_cast<float>(size) + 0.5f;
    return sign | (std::bit_cast<unsigned>(shifted) - 0x3f000000u);
  }
  return sign | ((size - 0x38000000u + 0xfffu + (size >> 13 & 1u)) >> 13);
}
inline float from_half_bits(std::uint16_t bits) {
  const unsigned sign = (bits & 0x8000u) << 16, size = bits & 0x7fffu;
  if (size >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (size & 0x3ffu) << 13);
  const float value = size < 0x400u ? static_cast<float>(size) * 0x1p-24f
                                    : std::bit_cast<float>((size << 13) + 0x38000000u);
  return sign ? -value : value;
}

}  // namespace emulator

struct __half {
  std::uint16_t bits;
  __half() = default;
  __half(float x) : bits(emulator::half_bits(x)) {}
  operator float() const { return emulator::from_half_bits(bits); }
};
inline __half __float2half_rn(float x) { return __half(x); }
