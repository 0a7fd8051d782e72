#include "md/structure.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <unordered_map>

#include "md/cell.hpp"
#include "md/element_table.hpp"
#include "md/errors.hpp"

namespace md {
namespace {

constexpr double min_distance = 0.01;  // A

bool finite(const Vec3& v) {
  return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z);
}

[[noreturn]] void fail(const Structure& s, const std::string& what) {
  throw InputError((s.source.empty() ? "structure" : s.source) + ": " + what);
}

std::string atom_name(const Structure& s, int i) {
  return std::string(symbol(s.numbers[i])) + " (atom " + std::to_string(i + 1) + ")";
}

void check_arrays(const Structure& s) {
  if (s.numbers.empty()) fail(s, "has no atoms; at least one is wanted");
  if (s.positions.size() != s.numbers.size())
    fail(s, "has " + std::to_string(s.numbers.size()) + " atoms but " +
                std::to_string(s.positions.size()) + " positions");
  if (!s.velocities.empty() && s.velocities.size() != s.numbers.size())
    fail(s, "has " + std::to_string(s.numbers.size()) + " atoms but " +
                std::to_string(s.velocities.size()) + " velocities");
  if (!s.masses.empty() && s.masses.size() != s.numbers.size())
    fail(s, "has " + std::to_string(s.numbers.size()) + " atoms but " +
                std::to_string(s.masses.size()) + " masses");
  for (int i = 0; i < s.size(); ++i) {
    if (!s.masses.empty() && !(s.masses[i] > 0 && std::isfinite(s.masses[i])))
      fail(s, "the mass of " + atom_name(s, i) + " is not above zero");
    if (s.numbers[i] < 1 || s.numbers[i] > n_elements)
      fail(s, "atom " + std::to_string(i + 1) + " has atomic number " +
                  std::to_string(s.numbers[i]) + "; elements 1 to 118 are known");
    if (!finite(s.positions[i])) fail(s, "the position of " + atom_name(s, i) + " is not finite");
    if (!s.velocities.empty() && !finite(s.velocities[i]))
      fail(s, "the velocity of " + atom_name(s, i) + " is not finite");
  }
}

/// The cell with rows in all directions. Throws unless it has volume along the periodic ones.
Mat3 checked_cell(const Structure& s) {
  for (int k = 0; k < 3; ++k)
    if (s.periodic[k] && !(finite(s.cell[k]) && norm(s.cell[k]) > 0))
      fail(s, "is periodic along cell vector " + std::to_string(k + 1) +
                  ", which is zero or not finite");
  const Mat3 cell = complete_cell(s.cell, s.periodic, 1);
  const double scale = norm(cell[0]) * norm(cell[1]) * norm(cell[2]);
  const auto widths = cell_widths(cell);
  for (int k = 0; k < 3; ++k)
    if (s.periodic[k] && !(widths[k] >= min_distance && std::abs(determinant(cell)) > 1e-6 * scale))
      fail(s,
           "the cell has no volume; periodic cell vectors must be linearly independent and "
           "at least 0.01 A apart from their own images");
  return cell;
}

struct Point {
  double along;  // coordinate along the direction of the sweep
  Vec3 position;
  int atom;
};

/// Every atom, wrapped, and its images within min_distance of the cell along periodic directions.
std::vector<Point> atoms_and_images(const Structure& s) {
  std::vector<Point> points;
  points.reserve(s.positions.size() + s.positions.size() / 8);
  if (!s.periodic.any()) {
    for (int i = 0; i < s.size(); ++i) points.push_back({0, s.positions[i], i});
    return points;
  }
  const Mat3 cell = checked_cell(s);
  const Mat3 to_fraction = inverse(cell);
  const auto widths = cell_widths(cell);
  for (int i = 0; i < s.size(); ++i) {
    Vec3 f = s.positions[i] * to_fraction;
    double shifts[3][3];
    int n[3];
    for (int k = 0; k < 3; ++k) {
      n[k] = 1, shifts[k][0] = 0;
      if (!s.periodic[k]) continue;
      f[k] -= std::floor(f[k]);
      // Rounding of positions far from the origin makes the margin a little wider.
      const double margin = 1.01 * min_distance / widths[k] + 1e-12;
      if (f[k] <= margin) shifts[k][n[k]++] = 1;
      if (f[k] >= 1 - margin) shifts[k][n[k]++] = -1;
    }
    for (int a = 0; a < n[0]; ++a)
      for (int b = 0; b < n[1]; ++b)
        for (int c = 0; c < n[2]; ++c) {
          const Vec3 shift{shifts[0][a], shifts[1][b], shifts[2][c]};
          points.push_back({0, (f + shift) * cell, i});
        }
  }
  return points;
}

/// Sweeps along a direction that is not one of a crystal's, so that few atoms share a coordinate.
void check_distances(const Structure& s) {
  const Vec3 direction =
      (1 / std::sqrt(2 + 3 + 7.3)) * Vec3{std::sqrt(2), std::sqrt(3), std::sqrt(7.3)};
  std::vector<Point> points = atoms_and_images(s);
  for (Point& p : points) p.along = dot(p.position, direction);
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.along < b.along; });
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      if (points[j].along - points[i].along > min_distance) break;
      const double d = norm(points[j].position - points[i].position);
      if (points[i].atom == points[j].atom || !(d < min_distance)) continue;
      const auto [first, second] = std::minmax(points[i].atom, points[j].atom);
      char distance[32];
      std::snprintf(distance, sizeof distance, "%.2g", d);
      fail(s, atom_name(s, first) + " and " + atom_name(s, second) + " are " + distance +
                  " A apart; at least 0.01 A is wanted");
    }
}

}  // namespace

double Structure::mass(int i) const {
  return masses.empty() ? standard_mass(numbers[i]) : masses[i];
}

int Structure::n_fixed() const {
  return static_cast<int>(std::count_if(fixed.begin(), fixed.end(), [](char f) { return f != 0; }));
}

void validate(const Structure& structure) {
  check_arrays(structure);
  check_distances(structure);
}

std::vector<int> first_atoms(std::span<const Structure> systems) {
  std::vector<int> first{0};
  std::int64_t total = 0;
  for (const Structure& system : systems) {
    total += system.size();
    if (total > std::numeric_limits<int>::max())
      throw InputError("the batch has more than 2147483647 atoms; split it into several runs");
    first.push_back(static_cast<int>(total));
  }
  return first;
}

const char* symbol(int number) {
  return number >= 1 && number <= n_elements ? element_symbols[number - 1] : "X";
}

int atomic_number(const std::string& symbol) {
  static const auto numbers = [] {
    std::unordered_map<std::string, int> map;
    for (int i = 0; i < n_elements; ++i) map.emplace(element_symbols[i], i + 1);
    return map;
  }();
  const auto it = numbers.find(symbol);
  return it == numbers.end() ? 0 : it->second;
}

double standard_mass(int number) {
  if (number < 1 || number > n_elements)
    throw InputError("atomic number " + std::to_string(number) +
                     " has no mass; 1 to 118 are known");
  return element_masses[number - 1];
}

void drop_standard_masses(Structure& structure) {
  for (int i = 0; i < structure.size(); ++i)
    if (structure.mass(i) != standard_mass(structure.numbers[i])) return;
  structure.masses.clear();
}

Isotope isotope(std::string_view symbol) {
  if (symbol == "D" || symbol == "d") return {1, 2.014101777844};
  if (symbol == "T" || symbol == "t") return {1, 3.01604928132};
  return {};
}

double covalent_radius(int number) {
  return number >= 1 && number <= 96 ? covalent_radii[number - 1] : 1.7;
}

std::string formula(const std::vector<int>& numbers) {
  std::map<std::string, int> counts;
  for (int number : numbers) ++counts[symbol(number)];
  std::string text;
  const auto add = [&](const std::string& name) {
    const auto it = counts.find(name);
    if (it == counts.end()) return;
    text += name + (it->second > 1 ? std::to_string(it->second) : "");
    counts.erase(it);
  };
  if (counts.contains("C")) add("C"), add("H");
  while (!counts.empty()) add(std::string(counts.begin()->first));
  return text;
}

}  // namespace md
