#include "md/input/file_list.hpp"

#include "md/text.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

bool is_quote(char c) { return c == '"' || c == '\''; }

/// split(), but not at separators in quotes.
std::vector<std::string> split_quoted(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  char open = 0;  // the quote that is open, which begins a part
  for (const char c : text) {
    if (open == 0 && c == separator) {
      parts.emplace_back();
      continue;
    }
    if (open != 0 && c == open)
      open = 0;
    else if (open == 0 && is_quote(c) && trim(parts.back()).empty())
      open = c;
    parts.back() += c;
  }
  for (std::string& part : parts) part = trim(part);
  return parts;
}

}  // namespace

std::string without_comment(const std::string& line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted && line.find('"', i + 1) != std::string::npos;
    const bool begins = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
    if (line[i] == '#' && begins && !quoted) return trim(line.substr(0, i));
  }
  return trim(line);
}

std::string unquoted(const std::string& text) {
  const bool quotes = text.size() > 1 && is_quote(text[0]) && text.back() == text[0];
  return quotes ? text.substr(1, text.size() - 2) : text;
}

std::string quoted_path(const std::string& path) {
  const bool plain = path.find(',') == std::string::npos && path.find(" #") == std::string::npos &&
                     path == trim(path) && path == unquoted(path);
  if (plain) return path;
  const char quote = path.find('"') == std::string::npos ? '"' : '\'';
  return quote + path + quote;
}

std::vector<std::string> listed_files(const std::string& value, const fs::path& folder) {
  const auto in_folder = [&](const std::string& path) {
    return (folder / path).lexically_normal().string();
  };
  if (trim(value).empty()) return {};
  std::error_code ignored;
  if (fs::exists(in_folder(value), ignored)) return {in_folder(value)};
  std::vector<std::string> paths;
  for (const std::string& part : split_quoted(value, ','))
    paths.push_back(part.empty() ? "" : in_folder(unquoted(part)));
  return paths;
}

}  // namespace md
