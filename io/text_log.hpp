#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/append_file.hpp"
#include "md/writer.hpp"

namespace md {

/// A text file that grows by whole lines (log.csv): what cannot be written completely is taken away
/// again. Throws FileError.
class TextLog {
 public:
  /// A new file that begins with `header` (a line with its end, or nothing). When `resume` has a
  /// mark of this name, the file is cut back to it instead and goes on there.
  TextLog(const std::string& directory, const std::string& name, std::string_view header,
          const std::vector<FileMark>& resume = {});

  /// One or more whole lines with their ends.
  void append(std::string_view lines);
  /// Brings all lines to the disk and says how far the file is complete; `frames` counts the lines
  /// after the header.
  FileMark flush();

 private:
  AppendFile file_;
  FileMark mark_;
};

}  // namespace md
