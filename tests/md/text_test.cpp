#include "md/text.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "md/errors.hpp"
#include "md/file_hash.hpp"

namespace md::test {
namespace {

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(split(" a, b ,,c", ','), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_TRUE(split("  ", ',').empty());
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
}

TEST(Text, FindsWhatWasMeant) {
  const std::vector<std::string> names{"langevin", "velocity_verlet"};
  EXPECT_EQ(nearest("langvin", names), "langevin");
  EXPECT_EQ(nearest("verlet", names), "velocity_verlet");
  EXPECT_EQ(nearest("nose_hoover", names), "");
  EXPECT_EQ(choices("zzz", names), "there are: langevin, velocity_verlet");
}

TEST(Text, HashesAFile) {
  const std::string path = testing::TempDir() + "understudy_sha256_" + std::to_string(::getpid());
  std::ofstream(path) << "abc";
  // FIPS 180-2, appendix B.1
  EXPECT_EQ(sha256_of_file(path),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::remove(path.c_str());
  EXPECT_THROW(sha256_of_file(path), FileError);
}

}  // namespace
}  // namespace md::test
