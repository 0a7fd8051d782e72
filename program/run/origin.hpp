#pragma once

#include <string>
#include <vector>

#include "md/structure.hpp"

namespace md {

/// Which system a replica is a copy of, so that its rows can be told from those of others.
struct Origin {
  std::string source;  // path of the structure file
  int frame = 0;       // in that file, from 0
  std::string name;    // `name` of its extended XYZ line, else that of the file and its frame
  int copy = 0;        // from 0
};

/// The frames of one file, each once.
std::vector<Origin> origins_of(const std::string& path, const std::vector<Structure>& frames);
/// The value of `key` among the remarks of a structure (key=value, quoted where it has blanks); ""
/// where there is none.
std::string remark(const std::string& remarks, const std::string& key);
/// As a field of a line of CSV (RFC 4180).
std::string csv_field(const std::string& text);

/// For checkpoints; read_origins gives n of them, empty ones where the text has fewer.
std::string origins_text(const std::vector<Origin>& origins);
std::vector<Origin> read_origins(const std::string& text, std::size_t n);

}  // namespace md
