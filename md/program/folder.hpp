#pragma once

#include <string>

namespace md {

/// Throws InputError when the folder exists, is not empty and may not be overwritten, or is a file.
void check_output_folder(const std::string& path, bool overwrite);
/// Makes the folder, or removes from it what a run writes (nothing else). Throws FileError.
void make_output_folder(const std::string& path);
/// Replaces a small text file atomically. Throws FileError.
void write_text_file(const std::string& path, const std::string& text);

}  // namespace md
