#pragma once

#include "md/vec3.hpp"

namespace md {

/// Along which of its three cell vectors a system repeats. On a device it is one int, bits().
class Periodicity {
 public:
  Periodicity() = default;
  MD_HD Periodicity(bool a, bool b, bool c) : bits_(int{a} | int{b} << 1 | int{c} << 2) {}
  /// Bit k stands for cell vector k; further bits are ignored.
  MD_HD static Periodicity from_bits(int bits) {
    return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
  }

  MD_HD bool operator[](int axis) const { return (bits_ >> axis & 1) != 0; }
  MD_HD void set(int axis, bool periodic) {
    bits_ = (bits_ & ~(1 << axis)) | int{periodic} << axis;
  }
  MD_HD bool any() const { return bits_ != 0; }
  /// Only then does the system have a volume, and with it a stress and a pressure.
  MD_HD bool all() const { return bits_ == 7; }
  MD_HD int bits() const { return bits_; }
  bool operator==(const Periodicity&) const = default;

 private:
  int bits_ = 0;
};

}  // namespace md
