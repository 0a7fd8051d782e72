#pragma once

#include <bit>
#include <cstdint>

#include "md/vec3.hpp"

namespace md::painn {

/// What the factors of a matrix product are rounded to. The sum is one of float (double for the
/// double network) always, and so is everything else.
enum class Operand {
  full,    // not rounded
  tf32,    // 8 bits of exponent, 10 of mantissa
  tf32x3,  // a number of tf32 and one for what is left: three products, nearly those of float
  bf16,    // 8 bits of exponent, 7 of mantissa
  fp16,    // 5 bits of exponent, 10 of mantissa: from 6e-8 to 65504
};

/// `x` to the nearest number with `bits` bits of mantissa, ties to even. Infinities and NaN stay.
MD_HD inline float round_mantissa(float x, int bits) {
  const std::uint32_t pattern = std::bit_cast<std::uint32_t>(x);
  if ((pattern & 0x7f800000u) == 0x7f800000u) return x;
  const int drop = 23 - bits;
  const std::uint32_t half = (1u << (drop - 1)) - 1 + (pattern >> drop & 1u);
  return std::bit_cast<float>((pattern + half) & ~((1u << drop) - 1));
}

/// `x` rounded to the operand: the bits of a conversion to its type and back.
template <Operand operand>
MD_HD inline float round_operand(float x) {
  if constexpr (operand == Operand::tf32) return round_mantissa(x, 10);
  if constexpr (operand == Operand::bf16) return round_mantissa(x, 7);
  if constexpr (operand == Operand::fp16) {
    const float size = x < 0 ? -x : x;
    if (size < 6.103515625e-5f) {  // subnormal: multiples of 2^-24, by the rounding of a sum
      const float shifted = size + 0.5f;
      const float rounded = shifted - 0.5f;
      return x < 0 ? -rounded : rounded;
    }
    const float rounded = round_mantissa(x, 10);
    return size >= 65520.0f ? x * INFINITY : rounded;
  }
  return x;
}

}  // namespace md::painn
