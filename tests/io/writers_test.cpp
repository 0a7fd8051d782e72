#include "io/writers.hpp"

#include <gtest/gtest.h>
#include <netcdf.h>
#include <sys/wait.h>

#include <map>

#include "io/append_file.hpp"
#include "io/text_log.hpp"
#include "md/errors.hpp"
#include "md/units.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md {
namespace {

using test::FileSizeLimit;
using test::message_of;
using test::read_text;
using test::sample_batch;
using test::sample_frame;
using test::TemporaryFolder;

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
  const std::string extension = format() == "amber" ? ".nc" : ".xyz";
  EXPECT_EQ(marks[0].name, (packed() ? "trajectory" : "trajectory.r0000") + extension);
  EXPECT_EQ(contents(folder.path()).size(), marks.size());
  for (const FileMark& mark : marks) {
    EXPECT_EQ(mark.bytes, static_cast<std::int64_t>(read_text(folder / mark.name).size()));
    EXPECT_EQ(mark.frames, format() == "extxyz" && packed() ? 9 : 3);
  }
}

TEST_P(EveryWriter, ContinuesByteByByte) {
  for (const int stop : {1, 4, 8}) {  // at 8 a replica has already stopped
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
  const auto writer = make("/nonexistent/folder");
  EXPECT_THROW(writer->write(frame(0)), FileError);
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

INSTANTIATE_TEST_SUITE_P(Writers, EveryWriter,
                         testing::Combine(testing::ValuesIn(writers().names()), testing::Bool()),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) ? "_packed" : "_separate");
                         });

TEST(Writers, NameThoseThereAre) {
  const Batch batch = sample_batch();
  const std::string text = message_of<InputError>(
      [&] { make_writer("dcd", {.directory = ".", .batch = batch, .title = "", .resume = {}}); });
  EXPECT_NE(text.find("amber, extxyz"), std::string::npos) << text;
}

Batch many_replicas(int n) {
  Batch batch;
  for (int r = 0; r <= n; ++r) batch.first_atom.push_back(r);
  batch.numbers.assign(static_cast<std::size_t>(n), 18);
  batch.periodic.resize(static_cast<std::size_t>(n));
  batch.ids.resize(static_cast<std::size_t>(n));
  return batch;
}

TEST(Writers, RaiseTheLimitOfOpenFilesAsFarAsAllowedAndThenNamePacked) {
  const pid_t child = fork();
  if (child == 0) {  // limits once lowered do not come back
    const Batch batch = many_replicas(200);
    const WriterOptions options{.directory = "/tmp", .batch = batch, .title = "", .resume = {}};
    rlimit limit{64, 512};
    setrlimit(RLIMIT_NOFILE, &limit);
    try {
      make_writer("amber", options);
    } catch (...) {
      _exit(1);
    }
    limit = {64, 128};
    setrlimit(RLIMIT_NOFILE, &limit);
    const std::string text = message_of<InputError>([&] { make_writer("extxyz", options); });
    _exit(text.find("output.layout = packed") == std::string::npos ? 2 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

std::vector<double> values(int file, const char* name) {
  int variable = 0, rank = 0;
  EXPECT_EQ(nc_inq_varid(file, name, &variable), NC_NOERR) << name;
  EXPECT_EQ(nc_inq_varndims(file, variable, &rank), NC_NOERR);
  std::vector<int> dimensions(static_cast<std::size_t>(rank));
  nc_inq_vardimid(file, variable, dimensions.data());
  std::size_t size = 1;
  for (const int d : dimensions) {
    std::size_t n = 0;
    nc_inq_dimlen(file, d, &n);
    size *= n;
  }
  std::vector<double> all(size);
  EXPECT_EQ(nc_get_var_double(file, variable, all.data()), NC_NOERR);
  return all;
}

struct OpenNetcdf {
  explicit OpenNetcdf(const std::string& path) {
    EXPECT_EQ(nc_open(path.c_str(), NC_NOWRITE, &id), NC_NOERR);
  }
  ~OpenNetcdf() { nc_close(id); }
  int id = -1;
};

TEST(AmberNetcdf, PackedRepeatsAReplicaThatStopped) {
  const TemporaryFolder folder;
  const Batch batch = sample_batch();
  const auto writer = make_writer(
      "amber",
      {.directory = folder.path(), .batch = batch, .packed = true, .title = "", .resume = {}});
  Frame first = sample_frame(batch, 0), second = sample_frame(batch, 1);
  second.status[1] = 2;
  writer->write(first);
  writer->write(second);
  const OpenNetcdf file(folder / "trajectory.nc");
  const auto x = values(file.id, "coordinates");
  ASSERT_EQ(x.size(), 2u * 8 * 3);
  for (int i = 3; i < 5; ++i)
    for (int k = 0; k < 3; ++k) EXPECT_EQ(x[3 * i + k], x[24 + 3 * i + k]);
  EXPECT_NE(x[0], x[24]);
  EXPECT_EQ(values(file.id, "status"), (std::vector<double>{0, 0, 0, 0, 2, 0}));
  EXPECT_EQ(values(file.id, "replica_atoms"), (std::vector<double>{3, 2, 3}));
  EXPECT_EQ(values(file.id, "potential_energy")[2], first.potential[2]);
}

TEST(AmberNetcdf, RotatesVectorsRigidlyWithTheCell) {
  const TemporaryFolder folder;
  const Batch batch = sample_batch();
  const auto writer = make_writer("amber", {.directory = folder.path(),
                                            .batch = batch,
                                            .velocities = true,
                                            .forces = true,
                                            .title = "",
                                            .resume = {}});
  const Frame frame = sample_frame(batch, 3);
  writer->write(frame);
  const OpenNetcdf file(folder / "trajectory.r0000.nc");
  const auto x = values(file.id, "coordinates"), v = values(file.id, "velocities"),
             f = values(file.id, "forces"), length = values(file.id, "cell_lengths");
  const auto vec = [](const std::vector<double>& a, int i) {
    return Vec3{a[3 * i], a[3 * i + 1], a[3 * i + 2]};
  };
  const double to_stored = 1000 / 20.455, to_kcal = 1 / units::kcal_per_mol;
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(norm(vec(x, i)), norm(frame.position[i]), 1e-5);
    EXPECT_NEAR(dot(vec(x, i), vec(v, i)), dot(frame.position[i], frame.velocity[i]) * to_stored,
                1e-4);
    EXPECT_NEAR(dot(vec(x, i), vec(f, i)), dot(frame.position[i], frame.force[i]) * to_kcal, 1e-3);
    EXPECT_NEAR(vec(x, i).x, dot(frame.position[i], frame.cell[0][0]) / length[0], 1e-5);
  }
}

TEST(AmberNetcdf, RefusesToContinueWithOtherVariablesAndChangesNothing) {
  const TemporaryFolder folder;
  const Batch batch = sample_batch();
  WriterOptions options{.directory = folder.path(), .batch = batch, .title = "", .resume = {}};
  auto writer = make_writer("amber", options);
  writer->write(sample_frame(batch, 0));
  const auto marks = writer->flush();
  writer->write(sample_frame(batch, 1));
  writer.reset();
  const std::string before = read_text(folder / "trajectory.r0000.nc");
  WriterOptions other{
      .directory = folder.path(), .batch = batch, .velocities = true, .title = "", .resume = marks};
  const std::string text = message_of<InputError>([&] { make_writer("amber", other); });
  EXPECT_NE(text.find("output.velocities"), std::string::npos) << text;
  EXPECT_EQ(read_text(folder / "trajectory.r0000.nc"), before);
  const Batch fewer = many_replicas(3);
  const WriterOptions wrong{
      .directory = folder.path(), .batch = fewer, .title = "", .resume = marks};
  EXPECT_THROW(make_writer("amber", wrong), InputError);
}

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
}  // namespace md
