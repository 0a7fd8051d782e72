#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>

namespace md {

/// An open netCDF file; closed when it goes away. Every failing call is a FileError that names the
/// file and the call.
class NetcdfHandle {
 public:
  NetcdfHandle(std::string path, int id) : path_(std::move(path)), id_(id) {}
  NetcdfHandle(const NetcdfHandle&) = delete;
  NetcdfHandle& operator=(const NetcdfHandle&) = delete;
  ~NetcdfHandle();

  int id() const { return id_; }
  /// Gives the file up to a caller who closes it.
  int release();
  void check(int result, const char* call) const { check(path_, result, call); }
  static void check(const std::string& path, int result, const char* call);

  /// The numbers of a new dimension and of a new variable, whose type is one of netCDF's.
  int dimension(const char* name, std::size_t length) const;
  int variable(const char* name, int type, std::initializer_list<int> dimensions) const;
  /// Gives a variable (NC_GLOBAL: the file) a text.
  void attribute(int variable, const char* name, const std::string& text) const;

 private:
  std::string path_;
  int id_;
};

}  // namespace md
