#include "md/device/host_memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(HostMemory, TheTightestControlGroupAboveTheProcessCounts) {
  const TemporaryFolder root;
  const fs::path job = fs::path(root.path()) / "queue/job";
  write(job / "memory.max", "max\n");
  write(job / "memory.current", "500\n");
  EXPECT_EQ(control_group_room("0::/queue/job\n", root.path()), std::nullopt);
  write(job.parent_path() / "memory.max", "3000\n");
  write(job.parent_path() / "memory.current", "1200\n");
  EXPECT_EQ(control_group_room("0::/queue/job\n", root.path()), 1800);
  write(job / "memory.max", "1000\n");
  write(job / "memory.stat", "anon 300\ninactive_file 150\n");  // which can be given back
  EXPECT_EQ(control_group_room("0::/queue/job\n", root.path()), 650);
  write(job / "memory.current", "2000\n");
  EXPECT_EQ(control_group_room("0::/queue/job\n", root.path()), 0);
}

TEST(HostMemory, GroupsOfTheFirstVersionAndOfContainersAreRead) {
  const TemporaryFolder root;
  const fs::path group = fs::path(root.path()) / "memory";
  write(group / "memory.limit_in_bytes", "4000\n");
  write(group / "memory.usage_in_bytes", "1000\n");
  EXPECT_EQ(control_group_room("9:cpu,cpuacct:/a\n8:memory:/docker/0123\n", root.path()), 3000);
  EXPECT_EQ(control_group_room("9:cpu,cpuacct:/a\n", root.path()), std::nullopt);
}

TEST(HostMemory, LessIsFreeThanIsThere) {
  EXPECT_GT(free_host_memory(), 0U);
  EXPECT_GE(peak_memory(), held_memory());
}

}  // namespace
}  // namespace md::test
