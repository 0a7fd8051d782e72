#include <gtest/gtest.h>
#include <netcdf.h>

#include "md/errors.hpp"
#include "md/units.hpp"
#include "md/writer.hpp"
#include "tests/io/sample_batch.hpp"
#include "tests/io/temporary_folder.hpp"

namespace md::test {
namespace {

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

}  // namespace
}  // namespace md::test
