#include "io/text_log.hpp"

#include <gtest/gtest.h>

#include "md/errors.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

TEST(AppendFile, FailsOnAFullDevice) {
  AppendFile file = AppendFile::create("/dev/full");
  const std::string text = message_of<FileError>([&] { file.append("x"); });
  EXPECT_NE(text.find("/dev/full: write failed: No space left"), std::string::npos) << text;
}

TEST(TextLog, ContinuesByteByByte) {
  const TemporaryFolder folder;
  FileMark mark;
  {
    TextLog log(folder.path(), "log.csv", "a,b\n");
    log.append("1,2\n3,4\n");
    mark = log.flush();
    log.append("lost\n");
  }
  EXPECT_EQ(mark.name, "log.csv");
  EXPECT_EQ(mark.frames, 2);
  TextLog log(folder.path(), "log.csv", "a,b\n", {{"other", 1, 1}, mark});
  log.append("5,6\n");
  EXPECT_EQ(log.flush().frames, 3);
  EXPECT_EQ(read_text(folder / "log.csv"), "a,b\n1,2\n3,4\n5,6\n");
}

TEST(TextLog, HoldsWholeLinesAfterAFullDisk) {
  const TemporaryFolder folder;
  TextLog log(folder.path(), "log.csv", "a,b\n");
  log.append("1,2\n");
  {
    const FileSizeLimit limit(10);
    EXPECT_THROW(log.append("3,4\n"), FileError);
  }
  EXPECT_EQ(read_text(folder / "log.csv"), "a,b\n1,2\n");
  log.append("3,4\n");
  EXPECT_EQ(read_text(folder / "log.csv"), "a,b\n1,2\n3,4\n");
}

}  // namespace
}  // namespace md::test
