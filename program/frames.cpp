#include "program/frames.hpp"

#include <filesystem>

#include "program/components.hpp"
#include "program/run/system_keys.hpp"

namespace md {
namespace {

constexpr std::size_t most_kept = 2'000'000;  // atoms

}  // namespace

Frames::Frames(const Input& input, const std::function<void(const std::vector<Structure>&)>& check)
    : input_(input) {
  bool again = true;  // whether every file can be read twice
  std::size_t atoms = 0;
  const std::vector<std::string> files = input.files("system.structure");
  for (const std::string& path : files) {
    std::error_code error;
    again = again && std::filesystem::is_regular_file(path, error);
  }
  for (const std::string& path : files) {
    check_is_there(input, path);
    StructurePieces pieces(path);
    for (std::vector<Structure> piece = pieces.next(); !piece.empty(); piece = pieces.next()) {
      check_frames(path, piece);
      hold_atoms(input, piece);
      check(piece);
      size_ += piece.size();
      for (Structure& frame : piece) {
        atoms += static_cast<std::size_t>(frame.size());
        if (keep_) piece_.push_back(std::move(frame));
      }
      keep_ = keep_ && (atoms <= most_kept || !again);
      if (!keep_) piece_.clear(), piece_.shrink_to_fit();
    }
  }
}

std::optional<Structure> Frames::next() {
  while (at_ == piece_.size()) {
    if (keep_) return std::nullopt;
    const std::vector<std::string> files = input_.files("system.structure");
    if (!pieces_ && file_ == files.size()) return std::nullopt;
    if (!pieces_) pieces_.emplace(files[file_++]);
    piece_ = pieces_->next();
    at_ = 0;
    if (piece_.empty()) pieces_.reset();
    hold_atoms(input_, piece_);
  }
  return std::move(piece_[at_++]);
}

}  // namespace md
