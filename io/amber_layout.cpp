#include "io/amber_layout.hpp"

#include <netcdf.h>
#include <netcdf_mem.h>

#include <cstdlib>
#include <memory>

#include "io/netcdf_handle.hpp"
#include "io/netcdf_header.hpp"
#include "md/errors.hpp"
#include "md/version.hpp"

namespace md {
namespace {

void put_text(const NetcdfHandle& nc, int variable, const char* text) {
  nc.check(nc_put_var_text(nc.id(), variable, text), "nc_put_var_text");
}

/// At most 80 bytes, not cut inside a UTF-8 character.
std::string short_title(std::string title) {
  if (title.empty()) return "trajectory";
  std::size_t n = std::min<std::size_t>(title.size(), 80);
  while (n > 0 && n < title.size() && (static_cast<unsigned char>(title[n]) & 0xC0) == 0x80) --n;
  title.resize(n);
  return title;
}

struct Fixed {
  int spatial = -1, cell_spatial = -1, cell_angular = -1, atom_types = -1, replica_atoms = -1;
};

Fixed define(const NetcdfHandle& nc, const AmberLayout& layout, const std::string& title) {
  nc.attribute(NC_GLOBAL, "title", short_title(title));
  nc.attribute(NC_GLOBAL, "application", "Understudy");
  nc.attribute(NC_GLOBAL, "program", "understudy");
  nc.attribute(NC_GLOBAL, "programVersion", version);
  nc.attribute(NC_GLOBAL, "Conventions", "AMBER");
  nc.attribute(NC_GLOBAL, "ConventionVersion", "1.0");

  const int frame = nc.dimension("frame", NC_UNLIMITED), spatial = nc.dimension("spatial", 3);
  const int atom = nc.dimension("atom", static_cast<std::size_t>(layout.n_atoms));
  const int replica =
      layout.packed() ? nc.dimension("replica", static_cast<std::size_t>(layout.n_replicas)) : -1;
  Fixed fixed;
  fixed.spatial = nc.variable("spatial", NC_CHAR, {spatial});
  int cell_spatial = -1, cell_angular = -1;
  if (layout.cell) {
    cell_spatial = nc.dimension("cell_spatial", 3), cell_angular = nc.dimension("cell_angular", 3);
    const int label = nc.dimension("label", 5);
    fixed.cell_spatial = nc.variable("cell_spatial", NC_CHAR, {cell_spatial});
    fixed.cell_angular = nc.variable("cell_angular", NC_CHAR, {cell_angular, label});
  }
  fixed.atom_types = nc.variable("atom_types", NC_INT, {atom});
  if (layout.packed()) fixed.replica_atoms = nc.variable("replica_atoms", NC_INT, {replica});

  // The order here is the order within a frame.
  const auto add = [&](const char* name, int type, std::initializer_list<int> dimensions,
                       const char* unit) {
    const int variable = nc.variable(name, type, dimensions);
    if (unit) nc.attribute(variable, "units", unit);
    return variable;
  };
  add("time", NC_FLOAT, {frame}, "picosecond");
  add("coordinates", NC_FLOAT, {frame, atom, spatial}, "angstrom");
  if (layout.velocities) {
    const int v = add("velocities", NC_FLOAT, {frame, atom, spatial}, "angstrom/picosecond");
    nc.check(nc_put_att_double(nc.id(), v, "scale_factor", NC_DOUBLE, 1, &amber_velocity_scale),
             "nc_put_att_double");
  }
  if (layout.forces) add("forces", NC_FLOAT, {frame, atom, spatial}, "kilocalorie/mole/angstrom");
  if (layout.cell) {
    add("cell_lengths", NC_DOUBLE, {frame, cell_spatial}, "angstrom");
    add("cell_angles", NC_DOUBLE, {frame, cell_angular}, "degree");
  }
  add("step", NC_DOUBLE, {frame}, nullptr);
  const auto add_value = [&](const char* name, int type, const char* unit) {
    if (layout.packed())
      add(name, type, {frame, replica}, unit);
    else
      add(name, type, {frame}, unit);
  };
  add_value("potential_energy", NC_DOUBLE, "eV");
  add_value("kinetic_energy", NC_DOUBLE, "eV");
  add_value("temperature", NC_DOUBLE, "kelvin");
  if (layout.packed()) add_value("status", NC_INT, nullptr);
  return fixed;
}

}  // namespace

std::int64_t AmberLayout::record_bytes() const {
  const std::int64_t vectors = 1 + (velocities ? 1 : 0) + (forces ? 1 : 0);
  const std::int64_t values = std::int64_t{3} * 8 * n_replicas + (packed() ? 4 * n_replicas : 0);
  return 4 + vectors * 12 * n_atoms + (cell ? 48 : 0) + 8 + values;
}

std::string amber_header(const AmberLayout& layout, const std::vector<int>& numbers,
                         const std::vector<int>& first_atom, const std::string& title) {
  if (std::int64_t{12} * layout.n_atoms >= (std::int64_t{1} << 32) - 4)
    throw InputError("output.trajectory is amber, whose frames hold at most 357 million atoms; " +
                     std::to_string(layout.n_atoms) +
                     " are to be written; output.trajectory = extxyz has no limit");
  const std::string name = "AMBER NetCDF header";
  int id = -1;
  NetcdfHandle::check(name, nc_create_mem("header", NC_64BIT_OFFSET, 0, &id), "nc_create_mem");
  NetcdfHandle nc(name, id);
  // Filling, the default, also sets the bytes between variables: the same input, the same file.
  const Fixed fixed = define(nc, layout, title);
  nc.check(nc_enddef(id), "nc_enddef");
  put_text(nc, fixed.spatial, "xyz");
  if (layout.cell) {
    put_text(nc, fixed.cell_spatial, "abc");
    put_text(nc, fixed.cell_angular, "alphabeta gamma");
  }
  nc.check(nc_put_var_int(id, fixed.atom_types, numbers.data()), "nc_put_var_int");
  if (layout.packed()) {
    std::vector<int> counts;
    for (std::size_t r = 0; r + 1 < first_atom.size(); ++r)
      counts.push_back(first_atom[r + 1] - first_atom[r]);
    nc.check(nc_put_var_int(id, fixed.replica_atoms, counts.data()), "nc_put_var_int");
  }
  NC_memio memory{};
  nc.check(nc_close_memio(nc.release(), &memory), "nc_close_memio");
  const std::unique_ptr<void, decltype(&std::free)> owner(memory.memory, &std::free);
  return {static_cast<const char*>(memory.memory), memory.size};
}

bool amber_has_cell(const std::string& path) {
  int id = -1, variable = 0;
  check_netcdf(path, false);
  NetcdfHandle::check(path, nc_open(path.c_str(), NC_NOWRITE, &id), "nc_open");
  const NetcdfHandle nc(path, id);
  return nc_inq_varid(id, "cell_lengths", &variable) == NC_NOERR;
}

void check_amber_layout(const std::string& path, const AmberLayout& layout, std::int64_t bytes,
                        std::int64_t frames) {
  int id = -1;
  check_netcdf(path, false);
  NetcdfHandle::check(path, nc_open(path.c_str(), NC_NOWRITE, &id), "nc_open");
  const NetcdfHandle nc(path, id);
  const auto length = [&](const char* name) {
    int dimension = 0;
    std::size_t n = 0;
    if (nc_inq_dimid(id, name, &dimension) != NC_NOERR) return std::size_t{0};
    nc.check(nc_inq_dimlen(id, dimension, &n), "nc_inq_dimlen");
    return n;
  };
  const auto has = [&](const char* name) {
    int variable = 0;
    return nc_inq_varid(id, name, &variable) == NC_NOERR;
  };
  const auto same = [&](const char* variable, bool wanted, const char* key) {
    if (has(variable) != wanted)
      throw InputError(path + ": was written " + (wanted ? "without " : "with ") + variable + "; " +
                       key + " cannot change in a restart");
  };
  same("velocities", layout.velocities, "output.velocities");
  same("forces", layout.forces, "output.forces");
  same("cell_lengths", layout.cell, "the cell");
  const std::size_t replicas = layout.packed() ? static_cast<std::size_t>(layout.n_replicas) : 0;
  if (length("atom") != static_cast<std::size_t>(layout.n_atoms) || length("replica") != replicas ||
      bytes - frames * layout.record_bytes() <= 0)
    throw InputError(path +
                     ": holds other systems than the checkpoint; the file it was written "
                     "with is wanted");
}

}  // namespace md
