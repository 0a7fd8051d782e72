#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace md {

/// The line of an input file without its comment: # at its beginning or after a blank, not in
/// double quotes.
std::string without_comment(const std::string& line);
/// The text without quotes around it.
std::string unquoted(const std::string& text);
/// A path as a key of Kind::file or Kind::files wants it: in quotes where it would be read
/// otherwise.
std::string quoted_path(const std::string& path);
/// The files that a value of Kind::files names, relative ones in `folder`: the one that has the
/// whole value as its name, where it is there; else those between commas outside quotes, "" for an
/// empty place between them.
std::vector<std::string> listed_files(const std::string& value,
                                      const std::filesystem::path& folder);

}  // namespace md
