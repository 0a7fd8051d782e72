#include "md/files.hpp"

#include <gtest/gtest.h>

#include "md/errors.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

std::size_t n_files(const TemporaryFolder& folder) {
  const std::filesystem::directory_iterator all(folder.path());
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(ReadFile, GivesEveryByte) {
  const TemporaryFolder folder;
  std::string content(200'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i);
  EXPECT_EQ(read_file(write_text(folder / "a", content), "a file"), content);
  EXPECT_EQ(read_file(write_text(folder / "b", ""), "a file"), "");
  EXPECT_EQ(read_text_file(write_text(folder / "c", "\xEF\xBB\xBFtext"), "a file"), "text");
}

TEST(ReadFile, SaysWhatIsWantedWhereThereIsNothingToRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of<InputError>([&] { read_file(folder.path(), "a structure file"); }),
            folder.path() + ": is a folder; a structure file is wanted");
  EXPECT_EQ(message_of<InputError>([&] { read_file(folder / "no", "a structure file"); }),
            folder / "no: cannot be opened: No such file or directory; a structure file is wanted");
}

TEST(WriteFile, ReplacesAndLeavesNothingElse) {
  const TemporaryFolder folder;
  write_file(folder / "a", "first");
  write_file(folder / "a", "second");
  EXPECT_EQ(read_text(folder / "a"), "second");
  EXPECT_EQ(n_files(folder), 1u);
}

TEST(WriteFile, AFullDiskLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_file(folder / "a", "first");
  {
    const FileSizeLimit limit(1000);
    const std::string large(5000, 'x');
    const std::string text = message_of<FileError>([&] { write_file(folder / "a", large); });
    EXPECT_EQ(text.find(folder / "a: cannot be written: "), 0u) << text;
  }
  EXPECT_EQ(read_text(folder / "a"), "first");
  EXPECT_EQ(n_files(folder), 1u);
  EXPECT_THROW(write_file("/nonexistent/a", "text"), FileError);
}

TEST(AtomicFile, IsNotThereUntilItIsPutInPlace) {
  const TemporaryFolder folder;
  {
    const AtomicFile abandoned(folder / "a");
    write_text(abandoned.temporary(), "part");
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  }
  EXPECT_EQ(n_files(folder), 0u);
  AtomicFile file(folder / "a");
  write_text(file.temporary(), "whole");
  file.put_in_place();
  EXPECT_EQ(read_text(folder / "a"), "whole");
  EXPECT_EQ(n_files(folder), 1u);
}

}  // namespace
}  // namespace md::test
