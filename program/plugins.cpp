#include "program/plugins.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "md/errors.hpp"
#include "md/input/file_list.hpp"
#include "md/plugin.hpp"
#include "md/text.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

/// What is wrong with a shared object begins with `where` it was asked for.
void load_one(const fs::path& file, const std::string& where) {
  try {
    load_plugin(file.lexically_normal());
  } catch (const InputError& error) {
    throw InputError(where + ": " + error.what());
  }
}

void load_list(const std::string& list, const fs::path& folder, const std::string& where) {
  for (const std::string& file : listed_files(list, folder)) load_one(file, where);
}

void load_folders(const std::string& list) {
  for (const std::string& folder : split(list, ':')) {
    if (folder.empty()) continue;
    if (!fs::is_directory(folder))
      throw InputError("UNDERSTUDY_PLUGINS: " + folder + ": no such folder");
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(folder))
      if (file.path().extension() == ".so") names.push_back(file.path());
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) load_one(name, "UNDERSTUDY_PLUGINS");
  }
}

/// run.plugins of an input file, of which nothing else can be known yet.
void load_those_of(const std::string& path) {
  constexpr int too_large = 1 << 20;  // for an input: a model or a trajectory
  if (!fs::is_regular_file(path) || fs::file_size(path) > too_large) return;
  std::ifstream file(path);
  std::string line, section;
  for (int number = 1; std::getline(file, line); ++number) {
    line = without_comment(line);
    if (line.starts_with('[')) section = trim(line.substr(1, line.find(']') - 1)) + ".";
    const auto equals = line.find('=');
    if (equals == std::string::npos || section + trim(line.substr(0, equals)) != "run.plugins")
      continue;
    load_list(trim(line.substr(equals + 1)), fs::absolute(path).parent_path(),
              path + ":" + std::to_string(number) + ": run.plugins");
  }
}

}  // namespace

void load_plugins(int argc, const char* const* argv) {
  if (const char* const folders = std::getenv("UNDERSTUDY_PLUGINS")) load_folders(folders);
  const std::string option = "--run.plugins";
  std::vector<std::string> files;
  bool overridden = false;  // the command line wins
  for (int k = 1; k < argc; ++k) {
    const std::string word = argv[k];
    const bool has_next = word.starts_with("--") && word.find('=') == word.npos && k + 1 < argc;
    const std::string next = has_next ? argv[++k] : "";
    if (word == option || word.starts_with(option + "=")) {
      load_list(word == option ? next : word.substr(option.size() + 1), fs::current_path(),
                "command line: run.plugins");
      overridden = true;
    } else if (!word.starts_with('-')) {
      files.push_back(word);
    }
  }
  if (overridden) return;
  for (const std::string& name : files)
    load_those_of(fs::is_directory(name) ? name + "/input.ini" : name);
}

}  // namespace md
