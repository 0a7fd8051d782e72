#pragma once

#include <cstdlib>

#include "md/device/device.hpp"

namespace md::test {

/// Where tests of what every device does the same run: UNDERSTUDY_TEST_DEVICE, else the CPU.
inline Device test_device() {
  static const char* const name = std::getenv("UNDERSTUDY_TEST_DEVICE");
  static const Device device = select_device(name ? name : "cpu");
  return device;
}

}  // namespace md::test
