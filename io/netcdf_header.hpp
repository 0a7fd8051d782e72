#pragma once

#include <string>

namespace md {

/// What is looked at before the netCDF library, which believes what it reads, opens a file: that it
/// is a regular file of the classic formats (no HDF5), and that every count of its header stays
/// within the file. `data`: also that all variables and records lie within it; a file that has been
/// cut short would read as zeros. Throws InputError that says what is wrong.
void check_netcdf(const std::string& path, bool data);

}  // namespace md
