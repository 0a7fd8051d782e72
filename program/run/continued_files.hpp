#pragma once

#include <string>
#include <vector>

#include "io/checkpoint.hpp"
#include "md/writer.hpp"

namespace md {

/// The checkpoint of a folder: the newest that is whole, with a warning where that is an older one.
/// Throws InputError that says what is wrong with the newest where none is.
Checkpoint newest_checkpoint(const std::string& folder);
/// How far each file was complete. Throws InputError for files outside of the folder.
std::vector<FileMark> read_marks(const Checkpoint& checkpoint);
/// Throws FileError where one of these files is not there or shorter than its mark.
void check_files(const std::string& folder, const std::vector<FileMark>& marks);

}  // namespace md
