#pragma once

#include <string>
#include <vector>

#include "md/input/input.hpp"

namespace md {

/// Whether there is something in a folder. Throws FileError where that cannot be seen.
bool holds_files(const std::string& path);
/// Throws InputError when the folder exists, is not empty and may not be overwritten, or is a file.
/// `way_on`: what else a user may do, "continue it with ...".
void check_output_folder(const Input& input, const std::string& path, bool overwrite,
                         const std::string& way_on);
/// The file that output.file, or another key of a file to write, names. Throws InputError where it
/// is one of the files that the input reads, however it is spelled, or there already without
/// output.overwrite = yes.
std::string output_file(const Input& input, const std::string& key = "output.file");
/// Throws InputError when two stages would write to one folder, however it is spelled.
void check_separate_folders(const std::vector<Input>& stages);
/// Makes the folder where it is not there. Throws FileError.
void make_folder(const std::string& path);
/// Makes the folder, or removes from it what a run writes (nothing else, and not the start.xyz that
/// input.ini of a later stage begins with). Throws FileError.
void make_output_folder(const std::string& path);

}  // namespace md
