#include "program/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <regex>

#include "md/errors.hpp"
#include "md/files.hpp"
#include "md/writer.hpp"
#include "program/components.hpp"

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

/// Every file that the keys of the input name, with its key; those that are written excepted.
std::vector<std::pair<std::string, std::string>> files_read(const Input& input) {
  std::vector<std::pair<std::string, std::string>> result{{"the input file", input.path()}};
  for (const std::string& key : input.full_keys()) {
    const Kind kind = input.key(key).kind;
    if (key.starts_with("output.") || input.text(key).empty()) continue;
    if (kind == Kind::file) result.emplace_back(key, input.file(key));
    if (kind != Kind::files) continue;
    for (const std::string& path : input.files(key)) result.emplace_back(key, path);
  }
  return result;
}

/// Throws InputError when clearing the folder would remove a file that the input reads.
void keep_inputs(const Input& input, const std::string& folder) {
  std::error_code error;
  for (const auto& [key, path] : files_read(input))
    if (path != input.path() && is_ours(fs::path(path).filename().string()) &&
        fs::equivalent(fs::path(path).parent_path(), folder, error))
      input.fail(key, path +
                          " lies in output.directory, which would be cleared; choose another "
                          "folder, or move the file");
}

/// " (process 123)" of another process that has the folder open; "" where none can be seen.
std::string holder(const std::string& folder) {
  std::error_code error;
  const fs::path wanted = fs::canonical(folder, error);
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const std::string id = process.path().filename().string();
    if (!std::all_of(id.begin(), id.end(), ::isdigit) || id == std::to_string(::getpid())) continue;
    std::error_code hidden;  // those of other users
    for (const auto& open : fs::directory_iterator(process.path() / "fd", hidden))
      if (std::error_code gone; fs::read_symlink(open.path(), gone) == wanted)
        return " (process " + id + ")";
  }
  return "";
}

}  // namespace

FolderLock::FolderLock(const std::string& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw FileError(path + ": cannot be opened: " + std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  if (reason != EWOULDBLOCK) {
    warn(path + ": this file system has no locks (" + std::strerror(reason) +
         "): take care that nothing else writes to this folder");
    return;
  }
  ::close(std::exchange(descriptor_, -1));
  throw InputError(path + ": the folder is in use" + holder(path) +
                   "; wait for its end, or choose another folder");
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string output_file(const Input& input, const std::string& key) {
  const std::string path = input.file(key);
  std::error_code error;
  for (const auto& [other, read] : files_read(input))
    if (other != key && fs::equivalent(path, read, error))
      input.fail(key, path + " is a file that is read (" + other + "); choose another");
  if (fs::is_regular_file(path, error) && !input.flag("output.overwrite"))
    input.fail(key, path + " is there already; choose another, or give --output.overwrite=yes");
  return path;
}

bool holds_files(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return false;
  const bool empty = fs::is_empty(path, error);
  if (error) throw FileError(path + ": cannot be read: " + error.message());
  return !empty;
}

void check_output_folder(const Input& input, const std::string& path, bool overwrite,
                         const std::string& way_on) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_directory(status))
    input.fail("output.directory", path + " is a file; a folder is wanted");
  if (!overwrite && holds_files(path))
    input.fail("output.directory", path + " is not empty; choose another, " + way_on +
                                       "or give --output.overwrite=yes");
  if (fs::is_directory(status)) const FolderLock unused(path);
  keep_inputs(input, path);
}

void check_separate_folders(const std::vector<Input>& stages) {
  if (stages.size() < 2) return;
  std::map<fs::path, std::size_t> folders;  // the first stage of each
  for (const Input& input : stages) {
    std::error_code error;
    fs::path folder = fs::weakly_canonical(input.file("output.directory"), error);
    if (!folder.has_filename()) folder = folder.parent_path();  // a/ is a
    const std::size_t stage = &input - stages.data() + 1;
    if (const auto [first, fresh] = folders.emplace(folder, stage); !fresh)
      input.fail("output.directory",
                 fmt::format("stage {} would write to the same folder as stage {}; give it another "
                             "one with --{}.output.directory=DIR",
                             stage, first->second, stage));
  }
}

FolderLock make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw FileError(path + ": cannot be made: " + error.message());
  return FolderLock(path);
}

FolderLock make_output_folder(const std::string& path) {
  FolderLock lock = make_folder(path);
  std::error_code error;
  const auto remove = [&](const fs::path& file) {
    fs::remove(file, error);
    if (error) throw FileError(file.string() + ": cannot be removed: " + error.message());
  };
  for (const char* const name : {"/summary.json", "/checkpoint.nc"}) remove(path + name);
  sync_folder(path);
  for (const auto& entry : fs::directory_iterator(path, error))
    if ((entry.is_symlink() || entry.is_regular_file()) &&
        is_ours(entry.path().filename().string()))
      remove(entry.path());
  if (error) throw FileError(path + ": cannot be cleared: " + error.message());
  return lock;
}

}  // namespace md
