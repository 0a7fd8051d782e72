#pragma once

#include <Random123/philox.h>

#include <cmath>
#include <cstdint>

#include "md/vec3.hpp"

namespace md {

/// What random numbers are for; a part of the counter, so that no two uses share a number.
enum class Draw : std::uint32_t {
  thermostat = 0,
  initial_velocity = 1,
  weights = 2,
  shuffle = 3,
  displacement = 4
};

/// Three independent standard normal numbers as a pure function of (seed, replica's own number,
/// step, atom within the replica, use). Philox 4x32-10 (Salmon et al., SC 2011) and Box-Muller on
/// 32-bit uniforms: tails end at 6.7 standard deviations. The angles are in single precision, 2^24
/// of them around the circle: a direction need not be finer, and it halves the time.
MD_HD inline Vec3 normal3(std::uint32_t seed, std::uint32_t replica_id, std::int64_t step,
                          std::uint32_t atom, Draw use) {
  const r123::Philox4x32 philox;
  const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(step),
                                            static_cast<std::uint32_t>(step >> 32), atom,
                                            static_cast<std::uint32_t>(use)}};
  const r123::Philox4x32::key_type key{{seed, replica_id}};
  const auto bits = philox(counter, key);
  constexpr double scale = 1.0 / 4294967296.0;
  constexpr float turn = 6.2831853f / 16777216.0f;
  // (0, 1): the half keeps the logarithm finite.
  const double r0 = std::sqrt(-2 * std::log((bits.v[0] + 0.5) * scale));
  const double r1 = std::sqrt(-2 * std::log((bits.v[2] + 0.5) * scale));
  const float angle0 = turn * static_cast<float>(bits.v[1] >> 8);
  const float angle1 = turn * static_cast<float>(bits.v[3] >> 8);
  return {r0 * std::cos(angle0), r0 * std::sin(angle0), r1 * std::cos(angle1)};
}

}  // namespace md
