#include "io/netcdf_handle.hpp"

#include <netcdf.h>

#include <utility>

#include "md/errors.hpp"

namespace md {

NetcdfHandle::~NetcdfHandle() {
  if (id_ >= 0) nc_close(id_);
}

int NetcdfHandle::release() { return std::exchange(id_, -1); }

void NetcdfHandle::check(const std::string& path, int result, const char* call) {
  if (result != NC_NOERR) throw FileError(path + ": " + call + " failed: " + nc_strerror(result));
}

int NetcdfHandle::dimension(const char* name, std::size_t length) const {
  int dimension = 0;
  check(nc_def_dim(id_, name, length, &dimension), "nc_def_dim");
  return dimension;
}

int NetcdfHandle::variable(const char* name, int type,
                           std::initializer_list<int> dimensions) const {
  int variable = 0;
  check(nc_def_var(id_, name, type, static_cast<int>(dimensions.size()), std::data(dimensions),
                   &variable),
        "nc_def_var");
  return variable;
}

void NetcdfHandle::attribute(int variable, const char* name, const std::string& text) const {
  check(nc_put_att_text(id_, variable, name, text.size(), text.data()), "nc_put_att_text");
}

}  // namespace md
