#include "io/checkpoint.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "md/errors.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

Checkpoint sample(double number) {
  Checkpoint c;
  c.set("a text", std::string("[run]\nkey = \xC3\xA9\0x", 17));
  c.set("empty text", std::string());
  c.set("empty", std::vector<double>{});
  c.set("none", std::vector<std::int64_t>{});
  c.set("ids", std::vector<std::uint32_t>{0, 4294967295u});
  c.set("status", std::vector<int>{-2147483647 - 1, 3});
  c.set("step", std::vector<std::int64_t>{INT64_MIN, INT64_MAX});
  c.set("velocity", std::vector<double>{number, 1.0 / 3});
  return c;
}

TEST(Checkpoint, KeepsEveryBit) {
  const TemporaryFolder folder;
  Checkpoint c = sample(1);
  const std::vector<double> odd{0.0,
                                -0.0,
                                INFINITY,
                                -INFINITY,
                                5e-324,
                                1.7976931348623157e308,
                                std::bit_cast<double>(0x7ff80000deadbeefull),
                                std::bit_cast<double>(0xfff4000000000001ull)};
  c.set("odd", odd);
  write_checkpoint(folder / "checkpoint.nc", c, 1);
  const Checkpoint d = read_checkpoint(folder / "checkpoint.nc");
  const auto& back = d.doubles("odd", odd.size());
  for (std::size_t k = 0; k < odd.size(); ++k)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back[k]), std::bit_cast<std::uint64_t>(odd[k])) << k;
  EXPECT_EQ(d.values().size(), c.values().size());
  for (const char* name : {"a text", "empty text"}) EXPECT_EQ(d.text(name), c.text(name));
  for (const char* name : {"none", "ids", "status", "step"})
    EXPECT_EQ(d.integers(name), c.integers(name));
  EXPECT_TRUE(d.doubles("empty", 0).empty());
  EXPECT_EQ(d.integers_as<std::uint32_t>("ids")[1], 4294967295u);
}

TEST(Checkpoint, GettersCheckNameKindSizeAndRange) {
  const Checkpoint c = sample(1);
  EXPECT_THROW(c.doubles("nothing"), InputError);
  EXPECT_THROW(c.doubles("ids"), InputError);
  EXPECT_THROW(c.integers("velocity"), InputError);
  EXPECT_THROW(c.text("velocity"), InputError);
  EXPECT_THROW(c.doubles("velocity", 3), InputError);
  EXPECT_THROW(c.integers("ids", 1), InputError);
  EXPECT_THROW(c.integers_as<int>("ids"), InputError);
  EXPECT_THROW(c.integers_as<std::uint32_t>("status"), InputError);
  const std::string text = message_of<InputError>([&] { c.doubles("velocity", 3); });
  EXPECT_NE(text.find("'velocity' has 2 numbers; 3 are wanted"), std::string::npos) << text;
}

TEST(Checkpoint, KeepsTheOlderOnes) {
  const TemporaryFolder folder;
  const std::string path = folder / "checkpoint.nc";
  for (int k = 0; k < 5; ++k) {
    write_checkpoint(path, sample(k), 3);
    for (int age = 0; age < 3 && age <= k; ++age) {
      const std::string name = age == 0 ? path : path + "." + std::to_string(age);
      EXPECT_EQ(read_checkpoint(name).doubles("velocity")[0], k - age);
    }
  }
  const auto count = [&] {
    return std::distance(std::filesystem::directory_iterator(folder.path()), {});
  };
  EXPECT_EQ(count(), 3);
  write_checkpoint(path, sample(5), 2);
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(read_checkpoint(path + ".1").doubles("velocity")[0], 4);
  write_checkpoint(path, sample(6), 1);
  EXPECT_EQ(count(), 1);
}

TEST(Checkpoint, RefusesAFileCutAnywhere) {
  const TemporaryFolder folder;
  const std::string path = folder / "checkpoint.nc";
  write_checkpoint(path, sample(1), 1);
  const std::string whole = read_text(path);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write_text(path, whole.substr(0, n));
    const std::string text = message_of<InputError>([&] { read_checkpoint(path); });
    ASSERT_EQ(text.find(path + ": not a complete checkpoint"), 0u) << n << ": " << text;
  }
}

TEST(Checkpoint, SeesDamagedData) {
  const TemporaryFolder folder;
  const std::string path = folder / "checkpoint.nc";
  write_checkpoint(path, sample(1), 1);
  const std::string whole = read_text(path);
  for (std::size_t back = 1; back <= 16; ++back) {  // the last array's bytes
    std::string damaged = whole;
    damaged[whole.size() - back] ^= 1;
    write_text(path, damaged);
    EXPECT_THROW(read_checkpoint(path), InputError) << back;
  }
}

TEST(Checkpoint, RefusesOtherFiles) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_checkpoint(folder / "missing.nc"), InputError);
  EXPECT_THROW(read_checkpoint(folder.path()), InputError);
  EXPECT_THROW(read_checkpoint(write_text(folder / "a.nc", "some text")), InputError);
}

TEST(Checkpoint, AFailureLeavesTheOldOnes) {
  const TemporaryFolder folder;
  const std::string path = folder / "checkpoint.nc";
  write_checkpoint(path, sample(1), 2);
  write_checkpoint(path, sample(2), 2);
  Checkpoint large = sample(3);
  large.set("large", std::vector<double>(100000));
  {
    const FileSizeLimit limit(100000);
    EXPECT_THROW(write_checkpoint(path, large, 2), FileError);
  }
  EXPECT_EQ(read_checkpoint(path).doubles("velocity")[0], 2);
  EXPECT_EQ(read_checkpoint(path + ".1").doubles("velocity")[0], 1);
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
  EXPECT_THROW(write_checkpoint("/nonexistent/checkpoint.nc", large, 2), FileError);
}

}  // namespace
}  // namespace md::test
