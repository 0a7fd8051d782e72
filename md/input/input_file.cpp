#include <filesystem>
#include <sstream>

#include "md/errors.hpp"
#include "md/files.hpp"
#include "md/input/file_list.hpp"
#include "md/input/input.hpp"
#include "md/text.hpp"

// Reading of an input file: which keys stand where.

namespace md {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_bytes = 16 << 20;  // of an input file

std::string read_input(const std::string& path) {
  std::string text = read_text_file(path, "an input file", most_bytes);
  if (text.find('\0') != std::string::npos)
    throw InputError(path + ": is not a text file; an input file is wanted");
  return text;
}

}  // namespace

void Input::read_file(const std::string& path) {
  const std::string text = read_input(path);
  path_ = path;
  const std::string folder = fs::absolute(path).parent_path().string();
  std::map<std::string, int> line_of;
  std::istringstream lines(text);
  std::string raw, section;
  for (int number = 1; std::getline(lines, raw); ++number) {
    const std::string where = path + ":" + std::to_string(number);
    const std::string line = without_comment(raw);
    if (line.empty()) continue;
    if (line.front() == '[') {
      if (line.back() != ']') throw InputError(where + ": '" + line + "' lacks its closing ]");
      section = trim(line.substr(1, line.size() - 2));
      if (section.empty()) throw InputError(where + ": a section needs a name, as in [system]");
      bool known = false;
      for (const auto& entry : schema_) known = known || entry.first == section;
      if (!known) {
        std::vector<std::string> sections;
        for (const auto& entry : schema_) sections.push_back(entry.first);
        throw InputError(where + ": no section is called [" + section + "]; " +
                         choices(section, sections));
      }
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InputError(where + ": '" + line + "' is not of the form key = value");
    std::string name = trim(line.substr(0, equals));
    if (!section.empty()) name = section + "." + name;
    if (!find(name)) fail_unknown(where, name);
    const std::string value = trim(line.substr(equals + 1));
    if (value.empty())
      throw InputError(where + ": " + name + ": has no value; remove the line or give one");
    if (const auto [it, fresh] = line_of.emplace(name, number); !fresh)
      throw InputError(where + ": " + name + ": given again; it stands in line " +
                       std::to_string(it->second) + " already");
    values_[name] = {value, where, folder};
  }
}

}  // namespace md
