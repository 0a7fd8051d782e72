#pragma once

#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "md/files.hpp"
#include "md/registry.hpp"
#include "md/structure.hpp"

namespace md {

/// A format of structure files; the file that reads it registers it.
struct StructureFormat {
  std::string help;                     // "plain or extended XYZ"
  std::vector<std::string> extensions;  // that tell it, in lower case: ".xyz"
  /// Every frame of the file `path`, which holds `text`. Throws InputError "path:line: what is
  /// wrong and what is wanted".
  std::function<std::vector<Structure>(const std::string& path, std::string_view text)> read;
  /// The same of a part of the file that begins with a frame, after so many lines; null where a
  /// format is read as a whole only.
  std::function<std::vector<Structure>(const std::string& path, std::string_view text, int lines)>
      read_part = {};
  /// Where the last whole frame of a text ends that begins with one, and its number of lines.
  std::function<std::pair<std::size_t, int>(std::string_view text)> whole_frames = {};
};

/// The formats of system.structure by name.
Registry<StructureFormat>& structure_formats();

/// Every frame of a structure file as one system, by the format that its extension names. `source`
/// of each is the path, with the frame's number (from 1) where there are several. Throws InputError
/// "path:line: what is wrong and what is wanted"; see validate() for what a file cannot say.
std::vector<Structure> read_structures(const std::string& path);

/// The frames of read_structures piece by piece, so that a long file need not fit into memory: a
/// file of more than `bytes` in about such pieces, where its format can be cut and it is neither
/// compressed nor a pipe; everything else in one.
class StructurePieces {
 public:
  explicit StructurePieces(std::string path, std::size_t bytes = std::size_t{1} << 25);
  /// The next frames; none at the end.
  std::vector<Structure> next();

 private:
  std::string path_, text_;  // text_: read, but not handed on yet
  std::size_t bytes_;
  ReadingRoom room_;
  const StructureFormat* cut_ = nullptr;  // how it is cut; null: it is not
  std::ifstream file_;
  int lines_ = 0;           // handed on
  std::size_t frames_ = 0;  // likewise
  bool ended_ = false;
};

}  // namespace md
