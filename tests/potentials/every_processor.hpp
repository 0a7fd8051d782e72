#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace md::test {

/// The kernels are compiled for several kinds of processor: a test for each that this one can run.
class EveryProcessor : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(GetParam());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
  }
};

inline std::string processor_name(const testing::TestParamInfo<std::int64_t>& info) {
  return hwy::TargetName(info.param);
}

}  // namespace md::test
