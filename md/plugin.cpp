#include "md/plugin.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "md/errors.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

std::vector<std::string>& refusals() {
  static std::vector<std::string> all;
  return all;
}

/// Throws InputError unless the file says that it was compiled for this version.
void check_stamp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) throw InputError(path + ": the plug-in cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string bytes = std::move(text).str();
  const auto at = bytes.find(stamp_text);
  if (!bytes.starts_with("\177ELF") || at == std::string::npos)
    throw InputError(path + ": is not a plug-in of understudy");
  const std::string made_for = bytes.c_str() + at + stamp_text.size();
  if (made_for != version)
    throw InputError(path + ": is a plug-in for version " + made_for + " of understudy, this is " +
                     version + "; compile it anew");
}

/// OpenMP's threads, such as LibTorch's, wait for work by spinning for milliseconds, which stalls
/// everything on a machine that does something else too. Its library reads how long from the
/// environment when it is loaded: a bound well under a millisecond, unless the user has set one.
void bound_spinning() {
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "30000", 0);
}

void load(const std::string& path) {
  check_stamp(path);
  bound_spinning();
  refusals().clear();
  if (!dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    const std::string why = dlerror();
    const bool gone = why.find("cannot open shared object file") != std::string::npos;
    throw InputError(path + ": the plug-in cannot be loaded: " + why +
                     (gone ? "; where that library is now, LD_LIBRARY_PATH=FOLDER says" : ""));
  }
  if (!refusals().empty()) throw InputError(path + ": " + refusals().front());
}

std::string path_of_part(const std::string& part) {
  Dl_info engine;
  dladdr(&stamp_text, &engine);
  return fs::absolute(engine.dli_fname).parent_path() / "understudy" /
         ("libunderstudy_" + part + ".so");
}

}  // namespace

bool part_is_installed(const std::string& part) { return fs::exists(path_of_part(part)); }

void load_part(const std::string& part, const std::string& wanted_by) {
  const char* const install = std::getenv("UNDERSTUDY_INSTALL_PART");
  if (install && std::system((std::string(install) + " --" + part + " >&2").c_str()) != 0)
    throw ResourceError(wanted_by + " needs the part '" + part +
                        "' of understudy, which could not be installed");
  const std::string path = path_of_part(part);
  if (!fs::exists(path))
    throw ResourceError(wanted_by + " needs the part '" + part +
                        "' of understudy, which is not installed; type scripts/setup --" + part +
                        " in the clone that it was built from");
  load(path);
}

void load_plugin(const std::string& path) { load(fs::absolute(path)); }

void refuse_registration(const std::string& why) { refusals().push_back(why); }

}  // namespace md
