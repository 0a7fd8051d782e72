#include <gtest/gtest.h>
#include <sys/wait.h>

#include <map>

#include "md/errors.hpp"
#include "md/writer.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

/// Every format and layout keeps what writer.hpp promises.
class EveryWriter : public testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  std::string format() const { return std::get<0>(GetParam()); }
  bool packed() const { return std::get<1>(GetParam()); }
  std::unique_ptr<Writer> make(const std::string& folder, std::vector<FileMark> resume = {}) const {
    return make_writer(format(), {.directory = folder,
                                  .batch = batch_,
                                  .velocities = true,
                                  .forces = true,
                                  .packed = packed(),
                                  .title = "test",
                                  .resume = std::move(resume)});
  }
  static std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      all[entry.path().filename().string()] = read_text(entry.path().string());
    return all;
  }
  /// From frame 6 on replica 1 is quarantined and its values are no numbers.
  Frame frame(int number) const {
    Frame frame = sample_frame(batch_, number);
    if (number < 6) return frame;
    frame.status[1] = 2;
    for (int i = 3; i < 5; ++i) frame.position[i].x = std::nan("");
    return frame;
  }
  Batch batch_ = sample_batch();
};

TEST_P(EveryWriter, NamesItsFilesAndMarksTheirEnds) {
  const TemporaryFolder folder;
  const auto writer = make(folder.path());
  for (int k = 0; k < 3; ++k) writer->write(frame(k));
  const auto marks = writer->flush();
  ASSERT_EQ(marks.size(), packed() ? 1u : 3u);
  const std::string& extension = trajectory_formats().find(format()).extension;
  EXPECT_EQ(marks[0].name, (packed() ? "trajectory" : "trajectory.r0000") + extension);
  EXPECT_EQ(contents(folder.path()).size(), marks.size());
  for (const FileMark& mark : marks) {
    EXPECT_EQ(mark.bytes, static_cast<std::int64_t>(read_text(folder / mark.name).size()));
    EXPECT_EQ(mark.frames, format() == "extxyz" && packed() ? 9 : 3);
  }
}

TEST_P(EveryWriter, ContinuesByteByByte) {
  for (const int stop : {0, 1, 4, 8}) {  // at 8 a replica has already stopped
    const TemporaryFolder whole, parts;
    {
      const auto writer = make(whole.path());
      for (int k = 0; k < 10; ++k) writer->write(frame(k));
    }
    std::vector<FileMark> marks;
    {
      const auto writer = make(parts.path());
      for (int k = 0; k < stop; ++k) writer->write(frame(k));
      marks = writer->flush();
      for (int k = stop; k < 10; ++k) writer->write(frame(20 - k));
    }
    {
      const auto writer = make(parts.path(), marks);
      for (int k = stop; k < 10; ++k) writer->write(frame(k));
    }
    EXPECT_TRUE(contents(whole.path()) == contents(parts.path())) << "stopped at " << stop;
  }
}

TEST_P(EveryWriter, AFullDiskLeavesTheFramesBefore) {
  const TemporaryFolder folder, before;
  const auto three = make(before.path()), writer = make(folder.path());
  for (int k = 0; k < 3; ++k) three->write(frame(k)), writer->write(frame(k));
  const auto marks = three->flush();
  std::int64_t smallest = marks[0].bytes;
  for (const FileMark& mark : marks) smallest = std::min(smallest, mark.bytes);
  {
    const FileSizeLimit limit(smallest + 20);
    EXPECT_THROW(writer->write(frame(3)), FileError);
  }
  EXPECT_EQ(contents(folder.path()), contents(before.path()));
}

TEST_P(EveryWriter, RefusesToContinueAFileThatIsTooShort) {
  const TemporaryFolder folder;
  auto writer = make(folder.path());
  for (int k = 0; k < 3; ++k) writer->write(frame(k));
  const auto marks = writer->flush();
  writer.reset();
  std::filesystem::resize_file(folder / marks[0].name,
                               static_cast<std::uintmax_t>(marks[0].bytes - 1));
  const std::string text = message_of<FileError>([&] { make(folder.path(), marks); });
  EXPECT_NE(text.find(marks[0].name), std::string::npos) << text;
  std::filesystem::remove(folder / marks[0].name);
  EXPECT_THROW(make(folder.path(), marks), FileError);
}

TEST_P(EveryWriter, AFolderThatIsNotThereIsAFileError) {
  EXPECT_THROW(make("/nonexistent/folder"), FileError);
}

TEST_P(EveryWriter, StartsAgainAfterAFailureAtTheFirstFrame) {
  const TemporaryFolder folder, other;
  const auto writer = make(folder.path()), same = make(other.path());
  {
    const FileSizeLimit limit(10);
    EXPECT_THROW(writer->write(frame(0)), FileError);
  }
  writer->write(frame(0));
  same->write(frame(0));
  EXPECT_TRUE(contents(folder.path()) == contents(other.path()));
}

TEST_P(EveryWriter, OnlyRunningReplicasGetFramesOfTheirOwn) {
  const TemporaryFolder folder;
  const auto writer = make(folder.path());
  for (int k = 4; k < 8; ++k) writer->write(frame(k));
  const auto marks = writer->flush();
  if (packed()) {
    EXPECT_EQ(marks[0].frames, format() == "amber" ? 4 : 10);
  } else {
    EXPECT_EQ(marks[1].frames, 2);
    EXPECT_EQ(marks[2].frames, 4);
  }
}

TEST_P(EveryWriter, ReadsItsFramesBack) {
  const TrajectoryFormat& f = trajectory_formats().find(format());
  if (!f.read) GTEST_SKIP() << "this format cannot be read back";
  const TemporaryFolder folder;
  const auto writer = make(folder.path());
  for (int k = 0; k < 8; ++k) writer->write(frame(k));
  std::vector<Structure> systems(3);
  for (int r = 0; r < 3; ++r) {
    systems[r].numbers.assign(batch_.numbers.begin() + batch_.first_atom[r],
                              batch_.numbers.begin() + batch_.first_atom[r + 1]);
    systems[r].positions.resize(systems[r].numbers.size());
    systems[r].periodic = batch_.periodic[r];
  }
  int n_frames[3] = {};
  const auto marks = writer->flush();
  for (std::size_t file = 0; file < marks.size(); ++file) {
    const int replica = packed() ? -1 : static_cast<int>(file);
    for (const TrajectoryFrame& read : f.read(folder / marks[file].name, systems, replica)) {
      const int r = read.replica, first = batch_.first_atom[r];
      EXPECT_TRUE(packed() || r == replica);
      const Frame written = frame(static_cast<int>(read.step / 10));
      EXPECT_EQ(read.step, written.step);
      EXPECT_NEAR(read.time_ps, written.time_ps, 1e-8);
      EXPECT_EQ(read.system.numbers, systems[r].numbers);
      EXPECT_EQ(read.system.periodic, systems[r].periodic);
      EXPECT_TRUE(read.system.velocities.empty());
      // Lengths: a format may turn the system.
      const double length = norm(written.position[first + 1] - written.position[first]);
      EXPECT_NEAR(norm(read.system.positions[1] - read.system.positions[0]), length,
                  f.exact ? 0 : 1e-5);
      EXPECT_NEAR(norm(read.system.cell[1]), norm(written.cell[r][1]), 1e-12);
      ++n_frames[r];
    }
  }
  EXPECT_EQ(n_frames[0], 8);
  EXPECT_EQ(n_frames[1], 6);  // quarantined from frame 6 on
  EXPECT_EQ(n_frames[2], 8);
}

INSTANTIATE_TEST_SUITE_P(Writers, EveryWriter,
                         testing::Combine(testing::ValuesIn(trajectory_formats().names()),
                                          testing::Bool()),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) ? "_packed" : "_separate");
                         });

TEST(Writers, GiveAStressToSystemsThatRepeatInAllDirectionsWhateverSharesTheirBatch) {
  const TemporaryFolder folder;
  Batch batch = sample_batch();
  batch.periodic = {{true, true, true}, {true, true, false}, {false, false, false}};
  const auto writer = make_writer(
      "extxyz", {.directory = folder.path(), .batch = batch, .title = "", .resume = {}});
  writer->write(sample_frame(batch, 0));
  const auto has_stress = [&](const char* name) {
    return read_text(folder / name).find(" stress=") != std::string::npos;
  };
  EXPECT_TRUE(has_stress("trajectory.r0000.xyz"));
  EXPECT_FALSE(has_stress("trajectory.r0001.xyz"));
  EXPECT_FALSE(has_stress("trajectory.r0002.xyz"));
}

TEST(Writers, NameThoseThereAre) {
  const Batch batch = sample_batch();
  const std::string text = message_of<InputError>(
      [&] { make_writer("dcd", {.directory = ".", .batch = batch, .title = "", .resume = {}}); });
  EXPECT_NE(text.find("amber, extxyz"), std::string::npos) << text;
}

TEST(Writers, RaiseTheLimitOfOpenFilesAsFarAsAllowedAndThenNamePacked) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {  // limits once lowered do not come back
    const Batch batch = many_replicas(200);
    const WriterOptions options{
        .directory = folder.path(), .batch = batch, .title = "", .resume = {}};
    rlimit limit{64, 300};
    setrlimit(RLIMIT_NOFILE, &limit);
    std::unique_ptr<Writer> writer;
    try {
      writer = make_writer("amber", options);
    } catch (...) {
      _exit(1);
    }
    // The files of the first writer count.
    const std::string text = message_of<InputError>([&] { make_writer("extxyz", options); });
    _exit(text.find("output.layout = packed") == std::string::npos ? 2 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

TEST(Writers, MarkEveryOneOfManyFiles) {
  const TemporaryFolder folder;
  const Batch batch = many_replicas(100);
  const auto writer =
      make_writer("amber", {.directory = folder.path(), .batch = batch, .title = "", .resume = {}});
  writer->write(sample_frame(batch, 0));
  const auto marks = writer->flush();
  ASSERT_EQ(marks.size(), 100u);
  for (const FileMark& mark : marks) {
    EXPECT_EQ(mark.frames, 1);
    EXPECT_EQ(mark.bytes,
              static_cast<std::int64_t>(std::filesystem::file_size(folder / mark.name)));
  }
}

}  // namespace
}  // namespace md::test
