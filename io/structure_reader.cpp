#include "io/structure_reader.hpp"

#include <algorithm>
#include <filesystem>

#include "io/gzip.hpp"
#include "md/errors.hpp"
#include "md/files.hpp"
#include "md/text.hpp"

namespace md {
namespace {

/// ".xyz and .extxyz (plain or extended XYZ), .pdb and .ent (PDB)".
std::string known_extensions() {
  std::vector<std::string> formats;
  for (const auto& [name, format] : structure_formats().entries())
    formats.push_back(join(format.extensions, " and ") + " (" + format.help + ")");
  return join(formats, ", ") + ", each also compressed, with .gz behind";
}

std::string lower_extension(const std::filesystem::path& path) {
  return in_lower_case(path.extension().string());
}

}  // namespace

Registry<StructureFormat>& structure_formats() {
  static Registry<StructureFormat> registry("system.structure", "format of structures");
  return registry;
}

std::vector<Structure> read_structures(const std::string& path) {
  std::string extension = lower_extension(path);
  if (extension == ".gz") extension = lower_extension(std::filesystem::path(path).stem());
  const StructureFormat* known = nullptr;
  for (const auto& [name, format] : structure_formats().entries())
    if (std::ranges::count(format.extensions, extension) > 0) known = &format;
  const std::string wanted = "a structure file";
  std::string content = read_file(path, wanted);
  if (is_gzip(content)) content = gunzip(path, std::move(content));
  const std::string text = plain_text(path, std::move(content), wanted);
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
