#include "io/checkpoint.hpp"

#include <netcdf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "io/checkpoint_rotation.hpp"
#include "io/netcdf_handle.hpp"
#include "io/netcdf_header.hpp"
#include "md/errors.hpp"
#include "md/file_hash.hpp"
#include "md/files.hpp"

namespace md {
namespace {

constexpr int format_version = 2;

/// What follows the netCDF part, with the digest of everything before it: it is checked before any
/// of that is believed.
constexpr std::string_view digest_label = "understudy checkpoint, SHA-256 ";
constexpr std::size_t trailer_length = digest_label.size() + 64 + 1;

std::size_t length(const Checkpoint::Value& value) {
  return std::visit([](const auto& v) { return v.size(); }, value);
}

void put_integer(const NetcdfHandle& nc, int variable, const char* name, std::int64_t value) {
  const long long wide = value;
  nc.check(nc_put_att_longlong(nc.id(), variable, name, NC_INT64, 1, &wide), "nc_put_att_longlong");
}

void write_netcdf(const std::string& path, const Checkpoint& checkpoint) {
  ignore_file_size_signal();
  int id = -1, previous = 0;
  NetcdfHandle::check(path, nc_create(path.c_str(), NC_NOCLOBBER | NC_64BIT_DATA, &id),
                      "nc_create");
  NetcdfHandle nc(path, id);
  nc.check(nc_set_fill(id, NC_NOFILL, &previous), "nc_set_fill");
  put_integer(nc, NC_GLOBAL, "understudy_checkpoint", format_version);
  std::vector<int> variables;
  for (const auto& [name, value] : checkpoint.values()) {
    constexpr int types[] = {NC_DOUBLE, NC_INT64, NC_CHAR};
    // Dimensions of length 0 do not exist: an empty array is one element and the attribute.
    const std::size_t n = std::max<std::size_t>(1, length(value));
    const int dimension = nc.dimension((name + ".size").c_str(), n);
    variables.push_back(nc.variable(name.c_str(), types[value.index()], {dimension}));
    put_integer(nc, variables.back(), "length", static_cast<std::int64_t>(length(value)));
  }
  nc.check(nc_enddef(id), "nc_enddef");
  auto variable = variables.begin();
  for (const auto& [name, value] : checkpoint.values()) {
    const int v = *variable++;
    const double zero = 0;
    const void* data = std::visit(
        [&](const auto& all) { return all.empty() ? &zero : static_cast<const void*>(all.data()); },
        value);
    nc.check(nc_put_var(id, v, data), "nc_put_var");
  }
  nc.check(nc_close(nc.release()), "nc_close");
}

std::string trailer_of(const std::string& digest) {
  return std::string(digest_label) + digest + '\n';
}

void append_digest(const std::string& path) {
  const std::string trailer = trailer_of(sha256_of_file(path));
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file << trailer;
  file.close();
  if (!file) throw FileError(path + ": cannot be written: " + std::strerror(errno));
}

[[noreturn]] void incomplete(const std::string& path, const std::string& why) {
  throw InputError(path + ": not a complete checkpoint (" + why +
                   "); one that understudy has written is wanted");
}

/// Throws InputError for a checkpoint of another format; netCDF is not asked before the digest is
/// known to be right, and older formats have none.
void check_version(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(1 << 16, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  const std::string name("understudy_checkpoint\0\0\0", 24);
  const std::size_t value = head.find(name) + name.size() + 12;  // after its type and length
  if (head.find(name) == std::string::npos || value + 8 > head.size()) return;
  std::uint64_t version = 0;
  for (std::size_t k = 0; k < 8; ++k)
    version = version << 8 | static_cast<unsigned char>(head[value + k]);
  if (version != 0 && version != format_version)
    throw InputError(path + ": is a checkpoint of format " + std::to_string(version) +
                     "; this program reads format " + std::to_string(format_version));
}

void check_digest(const std::string& path) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  std::string trailer(trailer_length, '\0');
  std::ifstream file(path, std::ios::binary);
  if (error || size < trailer_length ||
      !file.seekg(static_cast<std::streamoff>(size - trailer_length)) ||
      !file.read(trailer.data(), trailer_length) || !trailer.starts_with(digest_label))
    incomplete(path, "its checksum is not there");
  if (trailer != trailer_of(sha256_of_file(path, size - trailer_length)))
    incomplete(path, "its checksum is wrong");
}

}  // namespace

void Checkpoint::set(const std::string& name, std::vector<double> values) {
  values_[name] = std::move(values);
}

void Checkpoint::set(const std::string& name, std::string text) { values_[name] = std::move(text); }

void Checkpoint::fail(const std::string& name, const std::string& what) const {
  throw InputError(source + ": '" + name + "' " + what);
}

const Checkpoint::Value& Checkpoint::find(const std::string& name) const {
  const auto it = values_.find(name);
  if (it == values_.end()) fail(name, "is not there");
  return it->second;
}

const std::vector<double>& Checkpoint::doubles(const std::string& name, std::size_t size) const {
  const auto* values = std::get_if<std::vector<double>>(&find(name));
  if (!values) fail(name, "does not hold real numbers");
  if (size != any_size && values->size() != size)
    fail(name, "has " + std::to_string(values->size()) + " numbers; " + std::to_string(size) +
                   " are wanted");
  return *values;
}

const std::vector<std::int64_t>& Checkpoint::integers(const std::string& name,
                                                      std::size_t size) const {
  const auto* values = std::get_if<std::vector<std::int64_t>>(&find(name));
  if (!values) fail(name, "does not hold whole numbers");
  if (size != any_size && values->size() != size)
    fail(name, "has " + std::to_string(values->size()) + " numbers; " + std::to_string(size) +
                   " are wanted");
  return *values;
}

const std::string& Checkpoint::text(const std::string& name) const {
  const auto* text = std::get_if<std::string>(&find(name));
  if (!text) fail(name, "does not hold text");
  return *text;
}

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint, int keep) {
  AtomicFile file(path);
  write_netcdf(file.temporary(), checkpoint);
  append_digest(file.temporary());
  rotate_into_place(file, keep);
}

Checkpoint read_checkpoint(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw InputError(path + ": there is no such file; a checkpoint is wanted");
  if (!std::filesystem::is_regular_file(path, error)) incomplete(path, "it is no regular file");
  check_version(path);
  check_digest(path);
  check_netcdf(path, true);
  int id = -1, n_variables = 0;
  if (const int result = nc_open(path.c_str(), NC_NOWRITE, &id); result != NC_NOERR)
    incomplete(path, nc_strerror(result));
  const NetcdfHandle nc(path, id);
  const auto check = [&](int result) {
    if (result != NC_NOERR) incomplete(path, nc_strerror(result));
  };
  long long version = 0;
  if (nc_get_att_longlong(id, NC_GLOBAL, "understudy_checkpoint", &version) != NC_NOERR)
    incomplete(path, "it is another kind of file");
  if (version != format_version) incomplete(path, "its format is unknown");
  check(nc_inq_nvars(id, &n_variables));
  const auto file_bytes = std::filesystem::file_size(path, error);
  Checkpoint checkpoint;
  checkpoint.source = path;
  for (int v = 0; v < n_variables; ++v) {
    char name[NC_MAX_NAME + 1] = {};
    nc_type type = 0;
    int rank = 0, dimension = 0;
    std::size_t n = 0;
    long long length = 0;
    check(nc_inq_var(id, v, name, &type, &rank, nullptr, nullptr));
    if (rank != 1) incomplete(path, "an array has no length");
    check(nc_inq_vardimid(id, v, &dimension));
    check(nc_inq_dimlen(id, dimension, &n));
    check(nc_get_att_longlong(id, v, "length", &length));
    if (length < 0 || n != std::max<std::size_t>(1, static_cast<std::size_t>(length)) ||
        n > file_bytes)
      incomplete(path, std::string("the length of '") + name + "' is wrong");
    const auto read = [&]<class T>(T values) {
      check(nc_get_var(id, v, values.data()));
      values.resize(static_cast<std::size_t>(length));
      checkpoint.set(name, std::move(values));
    };
    if (type == NC_DOUBLE)
      read(std::vector<double>(n));
    else if (type == NC_INT64)
      read(std::vector<std::int64_t>(n));
    else if (type == NC_CHAR)
      read(std::string(n, '\0'));
    else
      incomplete(path, "an array is of an unknown type");
  }
  return checkpoint;
}

}  // namespace md
