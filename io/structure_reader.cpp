#include "io/structure_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "md/errors.hpp"
#include "md/text.hpp"

namespace md {
namespace {

std::string read_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw InputError(path + ": is a folder; a structure file is wanted");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path + ": cannot be opened: " + std::strerror(errno));
  std::string text;
  char block[1 << 16];
  while (file.read(block, sizeof block) || file.gcount() > 0) text.append(block, file.gcount());
  if (file.bad()) throw InputError(path + ": cannot be read: " + std::strerror(errno));
  return text;
}

/// ".xyz and .extxyz (plain or extended XYZ), .pdb and .ent (PDB)".
std::string known_extensions() {
  std::vector<std::string> formats;
  for (const auto& [name, format] : structure_formats().entries())
    formats.push_back(join(format.extensions, " and ") + " (" + format.help + ")");
  return join(formats, ", ");
}

}  // namespace

Registry<StructureFormat>& structure_formats() {
  static Registry<StructureFormat> registry("system.structure", "format of structures");
  return registry;
}

std::vector<Structure> read_structures(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  const StructureFormat* known = nullptr;
  for (const auto& [name, format] : structure_formats().entries())
    if (std::ranges::count(format.extensions, extension) > 0) known = &format;
  std::string text = read_file(path);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // the mark some editors put first
  if (!known)
    throw InputError(path + ": the extension '" + extension + "' is not known; read are " +
                     known_extensions());
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw InputError(path + ":1: the file is empty; at least one structure is wanted");
  std::vector<Structure> frames = known->read(path, text);
  for (std::size_t k = 0; k < frames.size(); ++k)
    frames[k].source = frames.size() == 1 ? path : path + ", frame " + std::to_string(k + 1);
  return frames;
}

}  // namespace md
