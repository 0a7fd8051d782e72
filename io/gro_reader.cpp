#include <fmt/format.h>

#include <algorithm>

#include "io/site.hpp"
#include "io/structure_reader.hpp"
#include "io/text_source.hpp"
#include "io/xyz_pairs.hpp"

// .gro of GROMACS, any precision (manual.gromacs.org, file formats).

namespace md {
namespace {

constexpr double nm = 10;                     // A
constexpr double nm_per_ps = nm / 1000;       // A/fs
constexpr std::size_t first_coordinate = 20;  // column from 0

class Gro {
 public:
  Gro(const std::string& path, std::string_view text) : source_(path, text) {}

  std::vector<Structure> read() {
    std::vector<Structure> frames;
    std::string_view title;
    while (source_.next(title)) {
      if (trimmed(title).empty() && source_.only_blank_left()) break;
      frames.push_back(frame(title));
    }
    return frames;
  }

 private:
  Structure frame(std::string_view title) {
    const int n =
        source_.integer(trimmed(source_.line_of("the number of atoms")), "the number of atoms");
    if (n < 1) source_.fail("the number of atoms is not above zero");
    if (static_cast<std::size_t>(n) > source_.left())
      source_.fail("the file is too short for " + std::to_string(n) + " atoms");
    Structure s;
    std::vector<Site> sites;
    std::vector<Vec3> velocities;
    for (int k = 0; k < n; ++k) {
      sites.push_back(atom(source_.line_of("all its atoms"), velocities));
      if (!velocities.empty() && velocities.size() != sites.size())
        source_.fail("some atoms have velocities and others none");
      s.positions.push_back(sites.back().position);
    }
    const std::vector<Isotope> found = elements_of(source_, sites, false);
    for (const Isotope& element : found) s.numbers.push_back(element.number);
    read_box(source_.line_of("the box"), s);
    s.velocities = std::move(velocities);
    if (!s.velocities.empty()) s.velocity_unit = "nm/ps";
    if (const std::string_view text = trimmed(title); !text.empty())
      s.remarks = "comment=" + quoted_for_xyz(text);
    return s;
  }

  /// An atom's line: residue number and name, atom name and number in 5 columns each, then
  /// coordinates, whose width is the distance between their points, and velocities.
  Site atom(std::string_view text, std::vector<Vec3>& velocities) const {
    const auto point = text.find('.', first_coordinate);
    const auto next = point == std::string_view::npos ? point : text.find('.', point + 1);
    if (next == std::string_view::npos)
      source_.fail("an atom's line has no coordinates from column 21 on");
    const std::size_t width = next - point;
    const auto number = [&](std::size_t k, const char* what) {
      const std::size_t begin = first_coordinate + k * width;
      if (begin >= text.size()) source_.fail(fmt::format("{} is not there", what));
      return source_.number(trimmed(text.substr(begin, width)), what);
    };
    Site site;
    site.line = source_.line();
    site.hetero = true;  // outside of standard residues a name in doubt is refused
    site.place = std::string(trimmed(text.substr(0, 5)));
    site.residue = std::string(trimmed(text.substr(5, 5)));
    site.name = std::string(trimmed(text.substr(10, 5)));
    site.name.resize(std::max<std::size_t>(site.name.size(), 4), ' ');
    for (int k = 0; k < 3; ++k) site.position[k] = nm * number(k, "a coordinate");
    const std::size_t end = first_coordinate + 3 * width;
    if (text.size() > end && !trimmed(text.substr(end)).empty()) {
      Vec3 v;
      for (int k = 0; k < 3; ++k) v[k] = nm_per_ps * number(3 + k, "a velocity");
      velocities.push_back(v);
    }
    return site;
  }

  /// v1(x) v2(y) v3(z) [v1(y) v1(z) v2(x) v2(z) v3(x) v3(y)]; zeros: no box.
  void read_box(std::string_view text, Structure& s) const {
    std::vector<std::string_view> tokens;
    split_blank(text, tokens);
    if (tokens.size() != 3 && tokens.size() != 9) source_.fail("the box has 3 or 9 numbers");
    static constexpr int place[9][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2},
                                        {1, 0}, {1, 2}, {2, 0}, {2, 1}};
    bool any = false;
    for (std::size_t k = 0; k < tokens.size(); ++k) {
      double& x = s.cell[place[k][0]][place[k][1]];
      x = nm * source_.number(tokens[k], "a length of the box");
      any = any || x != 0;
    }
    if (!any) return;
    s.periodic = {true, true, true};
    source_.check_cell(s.cell, s.periodic, "the box");
  }

  TextSource source_;
};

std::vector<Structure> read_gro(const std::string& path, std::string_view text) {
  return Gro(path, text).read();
}

const bool registered = structure_formats().add("gro", {".gro of GROMACS", {".gro"}, read_gro});

}  // namespace
}  // namespace md
