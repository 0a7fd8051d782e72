#include "program/run/continued_files.hpp"

#include <filesystem>

#include "md/errors.hpp"
#include "md/json.hpp"
#include "program/components.hpp"

namespace md {

Checkpoint newest_checkpoint(const std::string& folder) {
  const std::string newest = folder + "/checkpoint.nc";
  try {
    return read_checkpoint(newest);
  } catch (const InputError& error) {
    for (int k = 1;; ++k) {
      const std::string path = newest + "." + std::to_string(k);
      if (!std::filesystem::exists(path)) throw;
      try {
        Checkpoint older = read_checkpoint(path);
        warn(std::string(error.what()) + "; " + path + " is whole: what came after its step " +
             std::to_string(older.integers("step", 1)[0]) + " is lost and made again");
        return older;
      } catch (const InputError&) {  // the next older one
      }
    }
  }
}

std::vector<FileMark> read_marks(const Checkpoint& checkpoint) {
  try {
    std::vector<FileMark> marks;
    const Json files = Json::parse(checkpoint.text("files"));
    if (!files.is_array()) throw InputError("a list is wanted");
    for (const Json& file : files.items())
      marks.push_back(
          {file.at("name").text(), file.at("bytes").integer(), file.at("frames").integer()});
    for (const FileMark& mark : marks)  // only files in the folder itself
      if (mark.name.empty() || mark.name.find('/') != std::string::npos || mark.bytes < 0 ||
          mark.frames < 0)
        throw InputError("a mark makes no sense");
    return marks;
  } catch (const InputError&) {
    throw InputError(checkpoint.source + ": its list of files is damaged");
  }
}

void check_files(const std::string& folder, const std::vector<FileMark>& marks) {
  for (const FileMark& mark : marks) {
    const std::string path = folder + "/" + mark.name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, error)))
      throw FileError(path + ": is not there, or no regular file; the checkpoint continues it");
    if (static_cast<std::int64_t>(std::filesystem::file_size(path, error)) < mark.bytes)
      throw FileError(path + ": has " + std::to_string(std::filesystem::file_size(path, error)) +
                      " bytes, but the checkpoint continues it from byte " +
                      std::to_string(mark.bytes));
  }
}

}  // namespace md
