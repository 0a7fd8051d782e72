#include "program/version.hpp"

#include <fmt/format.h>
#include <netcdf.h>

#include "md/plugin.hpp"
#include "md/version.hpp"
#include "program/verb.hpp"

namespace md {

std::string version_text() {
  std::string netcdf = nc_inq_libvers();
  netcdf = netcdf.substr(0, netcdf.find(' '));
#ifdef MD_CUDA
  const char* const devices = "CPU and CUDA";
#else
  const char* const devices = "CPU";
#endif
  const char* const torch = part_is_installed("torch") ? "with LibTorch" : "without LibTorch";
  return fmt::format("understudy {} ({}; {}; netCDF {}; {} {})", version, devices, torch, netcdf,
                     "g++", __VERSION__);
}

namespace {

const bool registered = verbs().add("version", {110,
                                                "version",
                                                "the version and what it is built with",
                                                R"(understudy version
understudy --version
Version, devices, and the libraries that it is built with, in one line.
)",
                                                {},
                                                [](const CommandLine&) {
                                                  fmt::print("{}\n", version_text());
                                                  return ExitCode::done;
                                                }});

}  // namespace
}  // namespace md
