#include "program/run/disk.hpp"

#include <gtest/gtest.h>

namespace md::test {
namespace {

RunOptions options() {
  RunOptions o;
  o.steps = 30'000;
  o.every = 1;
  o.log_every = 30'000;
  o.keep = 2;
  o.formats = {"amber"};
  return o;
}

TEST(DiskNeed, OfARestartIsThatOfTheStepsLeft) {
  RunOptions o = options();
  const double whole = disk_need(o, 1000, 8),
               frame = (whole - disk_need(o, 1000, 8, 30'000)) / 30'001;
  EXPECT_GT(frame, 12'000);  // three float32 of each atom
  o.steps = 30'100;
  const double rest = disk_need(o, 1000, 8, 30'000);
  EXPECT_GT(rest, 100 * 12'000);
  EXPECT_LT(rest, 0.01 * whole);
  EXPECT_GE(disk_need(o, 1000, 8, 50'000), 0);  // more steps made than are wanted
}

TEST(DiskNeed, CountsWhatIsDueInTheStepsLeft) {
  RunOptions o = options();
  o.steps = 100;
  o.every = 7;
  o.log_every = 1000;
  const double one = disk_need(o, 1e6, 1, 97) - disk_need(o, 1e6, 1, 98);
  EXPECT_NEAR(one, 12e6, 1e6);  // step 98 has a frame
  EXPECT_EQ(disk_need(o, 1e6, 1, 98), disk_need(o, 1e6, 1, 100));
}

}  // namespace
}  // namespace md::test
