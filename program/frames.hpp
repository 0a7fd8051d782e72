#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "io/structure_reader.hpp"
#include "md/input/input.hpp"

namespace md {

/// The frames of system.structure one after another, with the atoms held that system.fixed names.
/// Files that are too long to keep are read twice: to be checked, then to be worked on.
class Frames {
 public:
  /// Reads everything once: all frames are checked, by `check` too, piece by piece.
  Frames(const Input& input, const std::function<void(const std::vector<Structure>&)>& check);

  std::size_t size() const { return size_; }
  std::optional<Structure> next();

 private:
  const Input& input_;
  std::size_t size_ = 0, file_ = 0, at_ = 0;
  bool keep_ = true;
  std::vector<Structure> piece_;  // all of them where they are kept
  std::optional<StructurePieces> pieces_;
};

}  // namespace md
