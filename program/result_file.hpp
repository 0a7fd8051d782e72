#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/append_file.hpp"
#include "md/evaluator.hpp"
#include "md/input/input.hpp"

namespace md {

/// Appends one frame as extended XYZ with energy, forces and, with `virial` and full periodicity,
/// stress; what the file said besides stands there again, but for keys that `info` gives anew.
/// Throws NumericalError where there is no energy.
void append_result(std::string& text, const Structure& system, const Evaluation& result,
                   bool virial, const std::vector<std::pair<std::string, std::string>>& info = {});

/// output.file while it grows: one piece of extended XYZ for each system, in their order. Until all
/// are there it is called output.file.part-XXXXXXXXXXXX, after the input and the files it names, so
/// that the same command goes on with what a killed one left.
class ResultFile {
 public:
  /// Checks output.file and takes up what is there; files of other inputs for it are removed.
  ResultFile(const Input& input, const std::string& verb);
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;
  /// What was not finished because of an error is removed.
  ~ResultFile();

  /// How many systems, from the first on, stand there already.
  std::size_t found() const { return found_; }
  /// How many lines of what was found there have this word.
  std::size_t found_with(const std::string& word) const;
  /// The piece of a system, from 0, in any order; those found are not written again.
  void add(std::size_t index, std::string piece);
  /// All are there: the file gets its name.
  void finish();
  const std::string& path() const { return path_; }

 private:
  std::string path_, part_;
  std::size_t found_ = 0, next_ = 0;
  std::optional<AppendFile> file_;
  std::map<std::size_t, std::string> waiting_;  // for those before them
};

}  // namespace md
