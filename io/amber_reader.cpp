#include "io/amber_reader.hpp"

#include <netcdf.h>

#include <algorithm>

#include "io/amber_cell.hpp"
#include "io/netcdf_handle.hpp"
#include "io/netcdf_header.hpp"
#include "md/errors.hpp"
#include "md/state.hpp"

namespace md {
namespace {

/// An AMBER NetCDF file that is read, variable by variable.
class AmberFile {
 public:
  explicit AmberFile(const std::string& path) : nc_(path, open(path)) {}

  std::size_t length(const char* name) const {
    int dimension = 0;
    std::size_t n = 0;
    nc_.check(nc_inq_dimid(nc_.id(), name, &dimension), name);
    nc_.check(nc_inq_dimlen(nc_.id(), dimension, &n), name);
    return n;
  }
  bool has(const char* name) const {
    int variable = 0;
    return nc_inq_varid(nc_.id(), name, &variable) == NC_NOERR;
  }
  /// The record `frame` of a variable whose records have `n` values.
  template <class T>
  std::vector<T> record(const char* name, std::size_t frame, std::vector<std::size_t> shape) const {
    std::size_t n = 1;
    for (std::size_t extent : shape) n *= extent;
    std::vector<std::size_t> start(shape.size() + 1), count{1};
    start[0] = frame;
    count.insert(count.end(), shape.begin(), shape.end());
    std::vector<T> values(n);
    get(name, start.data(), count.data(), values.data());
    return values;
  }
  std::vector<int> integers(const char* name, std::size_t n) const {
    const std::size_t start = 0;
    std::vector<int> values(n);
    get(name, &start, &n, values.data());
    return values;
  }

 private:
  static int open(const std::string& path) {
    check_netcdf(path, true);
    int id = -1;
    NetcdfHandle::check(path, nc_open(path.c_str(), NC_NOWRITE, &id), "nc_open");
    return id;
  }
  int variable(const char* name) const {
    int variable = 0;
    nc_.check(nc_inq_varid(nc_.id(), name, &variable), name);
    return variable;
  }
  void get(const char* name, const std::size_t* start, const std::size_t* count, double* to) const {
    nc_.check(nc_get_vara_double(nc_.id(), variable(name), start, count, to), name);
  }
  void get(const char* name, const std::size_t* start, const std::size_t* count, int* to) const {
    nc_.check(nc_get_vara_int(nc_.id(), variable(name), start, count, to), name);
  }

  NetcdfHandle nc_;
};

}  // namespace

std::vector<TrajectoryFrame> read_amber(const std::string& path,
                                        const std::vector<Structure>& systems, int replica) {
  const AmberFile file(path);
  const std::size_t n_atoms = file.length("atom"), n_frames = file.length("frame");
  const bool packed = replica < 0 && systems.size() > 1, cell = file.has("cell_lengths");
  const int begin = packed ? 0 : std::max(replica, 0);
  const int end = packed ? static_cast<int>(systems.size()) : begin + 1;
  std::vector<int> numbers;
  for (int r = begin; r < end; ++r)
    numbers.insert(numbers.end(), systems[r].numbers.begin(), systems[r].numbers.end());
  if (numbers.size() != n_atoms || file.integers("atom_types", n_atoms) != numbers)
    throw InputError(path + ": holds other systems than the checkpoint beside it");

  std::vector<TrajectoryFrame> frames;
  for (std::size_t k = 0; k < n_frames; ++k) {
    const std::vector<double> x = file.record<double>("coordinates", k, {n_atoms, 3});
    std::vector<int> status;
    if (packed) status = file.record<int>("status", k, {systems.size()});
    std::size_t at = 0;
    for (int r = begin; r < end; ++r) {
      TrajectoryFrame frame;
      frame.step = static_cast<std::int64_t>(file.record<double>("step", k, {})[0]);
      frame.time_ps = file.record<double>("time", k, {})[0];
      frame.replica = r;
      frame.system = systems[r];
      frame.system.velocities.clear();
      frame.system.source = path + ", frame " + std::to_string(k + 1);
      for (Vec3& position : frame.system.positions) {
        position = {x[at], x[at + 1], x[at + 2]};
        at += 3;
      }
      if (cell) {
        const std::vector<double> length = file.record<double>("cell_lengths", k, {3});
        const std::vector<double> angle = file.record<double>("cell_angles", k, {3});
        frame.system.cell =
            cell_from({length[0], length[1], length[2]}, {angle[0], angle[1], angle[2]});
      }
      const bool ran = !packed || status[r] == static_cast<int>(Status::running) ||
                       status[r] == static_cast<int>(Status::finished);
      if (ran) frames.push_back(std::move(frame));
    }
  }
  return frames;
}

}  // namespace md
