#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/structure_reader.hpp"
#include "io/text_source.hpp"
#include "io/xyz_pairs.hpp"
#include "md/text.hpp"

// POSCAR and CONTCAR of VASP 5 and 6 (vasp.at/wiki/POSCAR).

namespace md {
namespace {

class Poscar {
 public:
  Poscar(const std::string& path, std::string_view text) : source_(path, text) {}

  Structure read() {
    const std::string_view comment = trimmed(line("the comment"));
    if (!comment.empty()) s_.remarks = "comment=" + quoted_for_xyz(comment);
    read_cell();
    read_elements();
    std::string_view mode = trimmed(line("Direct or Cartesian"));
    const bool selective = !mode.empty() && (mode[0] == 'S' || mode[0] == 's');
    if (selective) mode = trimmed(line("Direct or Cartesian"));
    const bool cartesian = is_cartesian(mode);
    for (int k = 0; k < s_.size(); ++k) read_atom(cartesian, selective);
    read_velocities();
    return std::move(s_);
  }

 private:
  std::string_view line(const char* what) {
    const std::string_view text = source_.line_of(what);
    tokens_.clear();
    split_blank(text, tokens_);
    return text;
  }

  Vec3 vector(const char* what) const {
    if (tokens_.size() < 3) source_.fail(fmt::format("{} wants three numbers", what));
    return {source_.number(tokens_[0], what), source_.number(tokens_[1], what),
            source_.number(tokens_[2], what)};
  }

  bool is_cartesian(std::string_view mode) const {
    const char c = mode.empty() ? ' ' : mode[0];
    if (c == 'C' || c == 'c' || c == 'K' || c == 'k') return true;
    if (c != 'D' && c != 'd')
      source_.fail(in_quotes(mode) + " is neither Direct nor Cartesian; one of them is wanted");
    return false;
  }

  /// The scale, of which one negative number is the volume in A^3, and the lattice.
  void read_cell() {
    line("the scale");
    const std::vector<std::string_view> scales = tokens_;
    if (scales.size() != 1 && scales.size() != 3) source_.fail("one scale is wanted, or three");
    Vec3 factor;
    for (int k = 0; k < 3; ++k)
      factor[k] = source_.number(scales[scales.size() == 3 ? k : 0], "the scale");
    const int at = source_.line();
    for (int row = 0; row < 3; ++row) {
      line("the lattice");
      s_.cell[row] = vector("a lattice vector");
    }
    if (scales.size() == 1 && factor.x < 0) {
      const double volume = std::abs(determinant(s_.cell));
      factor.x = volume > 0 ? std::cbrt(-factor.x / volume) : 1;
      factor.y = factor.z = factor.x;
    }
    if (!(factor.x > 0 && factor.y > 0 && factor.z > 0))
      source_.fail_at(at, "the scale is not above zero");
    scale_ = factor;
    for (int row = 0; row < 3; ++row) s_.cell[row] = scaled(s_.cell[row]);
    s_.periodic = {true, true, true};
    source_.check_cell(s_.cell, s_.periodic, "the lattice");
  }

  Vec3 scaled(const Vec3& v) const { return {scale_.x * v.x, scale_.y * v.y, scale_.z * v.z}; }

  void read_elements() {
    line("the elements");
    if (tokens_.empty() || std::isdigit(static_cast<unsigned char>(tokens_[0][0])) != 0)
      source_.fail(
          "the file names no elements, as those of VASP 4; a line of them is wanted before "
          "the line of their numbers");
    std::vector<int> elements;
    for (const std::string_view token : tokens_)  // "Fe_pv", "Si/5a1b2c3d"
      elements.push_back(source_.element(token.substr(0, token.find_first_of("_/"))));
    line("the numbers of atoms");
    if (tokens_.size() != elements.size())
      source_.fail(std::to_string(elements.size()) + " elements, but " +
                   std::to_string(tokens_.size()) + " numbers of atoms");
    for (std::size_t k = 0; k < tokens_.size(); ++k) {
      const int n = source_.integer(tokens_[k], "a number of atoms");
      if (n < 0) source_.fail("a number of atoms is below zero");
      if (static_cast<std::size_t>(n) > source_.left())
        source_.fail("the file is too short for " + std::to_string(n) + " atoms");
      s_.numbers.insert(s_.numbers.end(), n, elements[k]);
    }
    if (s_.numbers.empty()) source_.fail("the file has no atoms; at least one is wanted");
  }

  void read_atom(bool cartesian, bool selective) {
    line("all its atoms");
    const Vec3 x = vector("a position");
    s_.positions.push_back(cartesian ? scaled(x) : x * s_.cell);
    if (!selective) return;
    if (tokens_.size() < 6) source_.fail("selective dynamics wants T or F three times");
    const auto moves = [&](int k) {
      const std::string word =
          in_lower_case(tokens_[3 + k].substr(0, tokens_[3 + k][0] == '.' ? 2 : 1));
      if (word != "t" && word != "f" && word != ".t" && word != ".f")
        source_.fail(in_quotes(tokens_[3 + k]) + " is neither T nor F");
      return word.back() == 't';
    };
    if (moves(0) != moves(1) || moves(0) != moves(2))
      source_.fail("an atom is held along some axes only; all three or none is wanted");
    s_.fixed.push_back(moves(0) ? 0 : 1);
  }

  /// Velocities in A/fs where they follow; all zero are none. What comes after them belongs to
  /// VASP's own integrator.
  void read_velocities() {
    std::string_view text;
    if (!source_.next(text)) return;
    const std::string_view word = trimmed(text);
    if (!word.empty() && (word[0] == 'L' || word[0] == 'l'))
      source_.fail("velocities of the lattice cannot be used; remove these lines");
    const bool direct = !word.empty() && (word[0] == 'D' || word[0] == 'd');
    if (!word.empty() && !direct) (void)is_cartesian(word);
    std::vector<Vec3> velocities;
    bool moving = false;
    while (static_cast<int>(velocities.size()) < s_.size() && source_.next(text)) {
      tokens_.clear();
      split_blank(text, tokens_);
      if (tokens_.empty() && velocities.empty()) continue;
      velocities.push_back(vector("a velocity"));
      moving = moving || norm(velocities.back()) > 0;
    }
    if (velocities.empty()) return;
    if (static_cast<int>(velocities.size()) < s_.size())
      source_.fail("the file ends before all velocities");
    if (!moving) return;
    if (direct)
      source_.fail("velocities in Direct coordinates have no time; Cartesian ones are wanted");
    s_.velocities = std::move(velocities);
    s_.velocity_unit = "A/fs";
  }

  TextSource source_;
  std::vector<std::string_view> tokens_;
  Structure s_;
  Vec3 scale_;
};

std::vector<Structure> read_poscar(const std::string& path, std::string_view text) {
  return {Poscar(path, text).read()};
}

const bool registered = structure_formats().add(
    "poscar",
    {"POSCAR of VASP", {".poscar", ".contcar", ".vasp", "poscar", "contcar"}, read_poscar});

}  // namespace
}  // namespace md
