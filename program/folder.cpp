#include "program/folder.hpp"

#include <filesystem>
#include <regex>
#include <set>

#include "md/errors.hpp"
#include "md/writer.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

/// True for the names that a run gives to its files.
bool is_ours(const std::string& name) {
  static const std::regex others(
      "(log\\.csv|bench\\.(json|log)|audit(_frames)?\\.(csv|json)|harvest\\.xyz|timings\\.json|"
      "summary\\.json|input\\.ini|topology(\\.r\\d+)?\\.pdb|"
      "checkpoint\\.nc(\\.\\d+)?|quarantine\\.r\\d+\\.xyz)(\\.tmp)?");
  static const std::regex trajectory("trajectory(\\.r\\d+)?(\\.[^.]+)(\\.tmp)?");
  std::smatch match;
  if (!std::regex_match(name, match, trajectory)) return std::regex_match(name, others);
  for (const auto& [format_name, format] : trajectory_formats().entries())
    if (match[2] == format.extension) return true;
  return false;
}

}  // namespace

void check_output_folder(const Input& input, const std::string& path, bool overwrite,
                         const std::string& way_on) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status))
    input.fail("output.directory", path + " is a file; a folder is wanted");
  if (overwrite) return;
  const bool empty = fs::is_empty(path, error);
  if (error) throw FileError(path + ": cannot be read: " + error.message());
  if (!empty)
    input.fail("output.directory", path + " is not empty; choose another, " + way_on +
                                       "or give --output.overwrite=yes");
}

void check_separate_folders(const std::vector<Input>& stages) {
  if (stages.size() < 2) return;
  std::set<fs::path> folders;
  for (const Input& input : stages) {
    std::error_code error;
    fs::path folder = fs::weakly_canonical(input.file("output.directory"), error);
    if (!folder.has_filename()) folder = folder.parent_path();  // a/ is a
    if (!folders.insert(folder).second)
      input.fail("output.directory", "two stages cannot write to the same folder");
  }
}

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw FileError(path + ": cannot be made: " + error.message());
}

void make_output_folder(const std::string& path) {
  make_folder(path);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error))
    if (entry.is_regular_file() && is_ours(entry.path().filename().string()))
      fs::remove(entry.path(), error);
  if (error) throw FileError(path + ": cannot be cleared: " + error.message());
}

}  // namespace md
