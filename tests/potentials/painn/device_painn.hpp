#pragma once

#include <gtest/gtest.h>

#include "potentials/painn/gpu/device_potential.hpp"
#include "tests/potentials/evaluate_batch.hpp"
#include "tests/potentials/painn/random_painn.hpp"

namespace md::test {

using painn::Schedule;

/// The program of the GPU for this device.
inline std::unique_ptr<Potential> make_device(const PainnModel& model, const std::string& precision,
                                              Schedule schedule = Schedule::batched,
                                              Device device = test_device()) {
  const Input none(Input::Schema{});
  return painn::make_device_kernels(model, {none, device, 1, false, precision}, schedule);
}

class PainnDevice : public testing::Test {
 protected:
  std::vector<Structure> systems(int count, int largest) {
    return random_systems(random_, count, largest);
  }
  Random random_{20260202};
};

}  // namespace md::test
