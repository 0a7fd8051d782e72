#include "program/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "io/extended_xyz.hpp"
#include "io/text_source.hpp"
#include "io/xyz_pairs.hpp"
#include "md/errors.hpp"
#include "md/file_hash.hpp"
#include "md/files.hpp"
#include "md/text.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/version.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

/// Whether a column of this name stands among those that are written again.
bool has_column(const std::string& columns, const std::vector<std::string>& names) {
  const std::vector<std::string> parts = split(columns, ':');  // name, type, width
  for (std::size_t k = 0; k < parts.size(); k += 3)
    if (std::ranges::count(names, in_lower_case(parts[k])) > 0) return true;
  return false;
}

using Info = std::vector<std::pair<std::string, std::string>>;

std::string remarks_without(const Info& info, const std::string& remarks) {
  if (info.empty() || remarks.empty()) return remarks;
  std::vector<std::string> kept;
  for (const XyzPair& pair : split_xyz_comment(TextSource("", ""), remarks))
    if (std::ranges::none_of(info, [&](const auto& own) { return own.first == pair.key; }))
      kept.push_back(quoted_for_xyz(pair.key) + '=' + pair.text);
  return join(kept, " ");
}

/// What decides about the results: the program, the input, and the content of the files it names.
/// Empty where a file can be read once only.
std::string fingerprint(const Input& input, const std::string& verb) {
  std::string text = verb + "\n" + version_text() + "\n";
  for (const std::string& key : input.full_keys()) {
    if (key == "run.threads" || key == "run.progress" || key == "output.overwrite" ||
        input.text(key).empty())
      continue;
    text += key + " = " + input.text(key) + "\n";
    const Kind kind = input.key(key).kind;
    if (key.starts_with("output.") || (kind != Kind::file && kind != Kind::files)) continue;
    for (const std::string& path :
         kind == Kind::file ? std::vector{input.file(key)} : input.files(key)) {
      std::error_code error;
      if (!fs::is_regular_file(path, error)) return "";
      text += path + " " + sha256_of_file(path) + "\n";
    }
  }
  return sha256_of_text(text);
}

/// How many whole frames a text begins with, and where they end.
struct Whole {
  std::size_t frames = 0;
  std::int64_t bytes = 0;
};

Whole whole_frames(const std::string& path) {
  Whole whole;
  std::ifstream file(path, std::ios::binary);
  std::string line;
  std::int64_t at = 0;
  const auto next = [&] {  // a line with its end
    if (!std::getline(file, line) || file.eof()) return false;
    at += static_cast<std::int64_t>(line.size()) + 1;
    return true;
  };
  while (next()) {
    std::int64_t lines = 0;
    const auto [last, error] = std::from_chars(line.data(), line.data() + line.size(), lines);
    if (error != std::errc{} || lines < 1) break;
    for (lines += 1; lines > 0 && next(); --lines) {
    }
    if (lines > 0) break;
    whole = {whole.frames + 1, at};
  }
  return whole;
}

}  // namespace

void append_result(std::string& text, const Structure& system, const Evaluation& result,
                   bool virial, const Info& info) {
  bool finite = std::isfinite(result.energy);
  for (const Vec3& force : result.forces) finite = finite && std::isfinite(norm(force));
  if (!finite)
    throw NumericalError(system.source + ": its energy or a force is not a finite number");
  ExtendedXyzFields fields;
  fields.info = info;
  if (result.uncertainty) {
    fields.info.emplace_back("uncertainty", fmt::format("{:.6f}", result.uncertainty->error));
    fields.info.emplace_back("uncertainty_atom", std::to_string(result.uncertainty->atom + 1));
  }
  fields.remarks = remarks_without(fields.info, system.remarks);
  fields.columns = system.columns;
  fields.column_text = system.column_text;
  fields.energy = result.energy;
  fields.forces = result.forces;
  if (virial && system.periodic.all())
    fields.stress = -1 / std::abs(determinant(system.cell)) * result.virial;
  XyzView view{system.numbers, system.positions, {}, system.cell, system.periodic};
  if (!has_column(system.columns, {"mass", "masses"})) view.masses = system.masses;  // of D and T
  if (system.n_fixed() > 0 && !has_column(system.columns, {"move_mask"})) view.fixed = system.fixed;
  append_extended_xyz(text, view, fields);
}

ResultFile::ResultFile(const Input& input, const std::string& verb) : path_(output_file(input)) {
  const std::string print = fingerprint(input, verb);
  const std::string stem = fs::path(path_).filename().string() + ".part-";
  part_ = path_ + ".part-" + (print.empty() ? "once" : print.substr(0, 12));
  std::error_code error;
  if (fs::is_directory(path_, error)) throw FileError(path_ + ": cannot be written: a folder");
  const fs::path folder = fs::path(path_).parent_path();
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().starts_with(stem) && entry.path() != part_)
      fs::remove(entry.path(), error);
  if (print.empty() || !fs::exists(part_, error)) {
    file_ = AppendFile::create(part_);
    return;
  }
  const Whole whole = whole_frames(part_);
  found_ = next_ = whole.frames;
  file_ = AppendFile::resume(part_, whole.bytes);
  file_->cut_back();
}

ResultFile::~ResultFile() {
  std::error_code ignored;
  if (file_) fs::remove(part_, ignored);
}

std::size_t ResultFile::found_with(const std::string& word) const {
  std::ifstream file(part_, std::ios::binary);
  std::size_t n = 0, frames = 0;
  for (std::string line; frames < found_ && std::getline(file, line);)
    if (line.find("Properties=") != std::string::npos) {
      ++frames;
      n += line.find(word) != std::string::npos ? 1 : 0;
    }
  return n;
}

void ResultFile::add(std::size_t index, std::string piece) {
  if (index < found_) return;
  waiting_.emplace(index, std::move(piece));
  for (auto it = waiting_.find(next_); it != waiting_.end(); it = waiting_.find(++next_)) {
    file_->append(it->second);
    waiting_.erase(it);
  }
}

void ResultFile::finish() {
  file_->sync();
  std::error_code error;
  fs::rename(part_, path_, error);
  if (error) throw FileError(path_ + ": cannot be written: " + error.message());
  file_.reset();
  sync_folder(fs::path(path_).parent_path().string());
}

}  // namespace md
