#pragma once

#include <Random123/philox.h>

#include <cmath>
#include <cstdint>

#include "md/vec3.hpp"

namespace md {

/// Where random numbers come from: the seed of the user, and which stage of a run they are for,
/// from 0, below 2^24. Stages share no number; those of stage 0 follow from the seed alone.
struct Seed {
  std::uint32_t value = 0, stage = 0;
  MD_HD Seed(std::uint32_t value_ = 0, std::uint32_t stage_ = 0) : value(value_), stage(stage_) {}
};

/// What random numbers are for; a part of the counter, so that no two uses share a number. Below
/// 256.
enum class Draw : std::uint32_t {
  thermostat = 0,
  initial_velocity = 1,
  weights = 2,
  shuffle = 3,
  displacement = 4
};

/// 128 random bits as a pure function of (seed, stream, step, item, use): Philox 4x32-10 (Salmon et
/// al., SC 2011).
MD_HD inline r123::Philox4x32::ctr_type random_bits(Seed seed, std::uint32_t stream,
                                                    std::int64_t step, std::uint32_t item,
                                                    Draw use) {
  return r123::Philox4x32()(
      {{static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), item,
        static_cast<std::uint32_t>(use) | seed.stage << 8}},
      {{seed.value, stream}});
}

/// Uniform in (0, 1), where a logarithm is finite: 32 bits and a half.
MD_HD inline double uniform32(std::uint32_t bits) { return (bits + 0.5) * (1.0 / 4294967296.0); }

/// Uniform in [0, 1): the upper 53 of 64 bits. Half a step higher with `half`: in (0, 1].
inline double uniform53(std::uint64_t bits, double half = 0) {
  return (static_cast<double>(bits >> 11) + half) * 0x1p-53;
}

/// Three independent standard normal numbers as a pure function of (seed, replica's own number,
/// step, atom within the replica, use). Box-Muller on 32-bit uniforms: tails end at 6.7 standard
/// deviations. The angles are in single precision, 2^24 of them around the circle: a direction need
/// not be finer, and it halves the time.
MD_HD inline Vec3 normal3(Seed seed, std::uint32_t replica_id, std::int64_t step,
                          std::uint32_t atom, Draw use) {
  const auto bits = random_bits(seed, replica_id, step, atom, use);
  constexpr float turn = 6.2831853f / 16777216.0f;
  const double r0 = std::sqrt(-2 * std::log(uniform32(bits.v[0])));
  const double r1 = std::sqrt(-2 * std::log(uniform32(bits.v[2])));
  const float angle0 = turn * static_cast<float>(bits.v[1] >> 8);
  const float angle1 = turn * static_cast<float>(bits.v[3] >> 8);
  return {r0 * std::cos(angle0), r0 * std::sin(angle0), r1 * std::cos(angle1)};
}

}  // namespace md
