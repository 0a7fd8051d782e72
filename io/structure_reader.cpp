#include "io/structure_reader.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

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

/// The extension; of a file without one, such as POSCAR, its name.
std::string lower_extension(const std::filesystem::path& path) {
  return in_lower_case((path.has_extension() ? path.extension() : path.filename()).string());
}

const StructureFormat* format_of(const std::string& extension) {
  for (const auto& [name, format] : structure_formats().entries())
    if (std::ranges::count(format.extensions, extension) > 0) return &format;
  return nullptr;
}

/// A file that begins with zeros, as one does of which only the size was written, is refused before
/// all of it is read.
void refuse_zeros(const std::string& path, const std::string& wanted) {
  std::error_code error;
  char begin[512] = {};
  if (std::filesystem::is_regular_file(path, error) &&
      std::ifstream(path, std::ios::binary).read(begin, sizeof begin) &&
      std::ranges::all_of(begin, [](char c) { return c == 0; }))
    throw InputError(path + ":1: begins with zeros, not text; " + wanted + " is wanted");
}

}  // namespace

Registry<StructureFormat>& structure_formats() {
  static Registry<StructureFormat> registry("system.structure", "format of structures");
  return registry;
}

std::vector<Structure> read_structures(const std::string& path) {
  std::string extension = lower_extension(path);
  if (extension == ".gz") extension = lower_extension(std::filesystem::path(path).stem());
  const StructureFormat* const known = format_of(extension);
  const std::string wanted = "a structure file";
  refuse_zeros(path, wanted);
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

StructurePieces::StructurePieces(std::string path, std::size_t bytes)
    : path_(std::move(path)), bytes_(bytes), room_(path_) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error) ||
      std::filesystem::file_size(path_, error) <= bytes_)
    return;
  const StructureFormat* const known = format_of(lower_extension(path_));
  file_.open(path_, std::ios::binary);
  const int first = file_.peek();  // of compressed files and byte order marks: no digit
  if (known && known->whole_frames && std::isdigit(first) != 0) cut_ = known;
}

std::vector<Structure> StructurePieces::next() {
  if (ended_) return {};
  if (!cut_) {
    ended_ = true;
    return read_structures(path_);
  }
  std::pair<std::size_t, int> whole;
  while (whole.first == 0 && file_) {
    const std::size_t before = text_.size();
    room_.check(before + bytes_);
    text_.resize(before + bytes_);
    file_.read(text_.data() + before, static_cast<std::streamsize>(bytes_));
    text_.resize(before + static_cast<std::size_t>(file_.gcount()));
    whole = cut_->whole_frames(text_);
  }
  if (!file_) {  // the rest, whatever is wrong with it
    ended_ = true;
    whole = {text_.size(), 0};
  }
  const std::string_view piece = std::string_view(text_).substr(0, whole.first);
  std::vector<Structure> frames = cut_->read_part(path_, piece, lines_);
  for (Structure& frame : frames) frame.source = path_ + ", frame " + std::to_string(++frames_);
  lines_ += whole.second;
  text_.erase(0, whole.first);
  return frames;
}

}  // namespace md
