#include "md/hydrogen_mass.hpp"

#include <array>
#include <map>

#include "md/cell.hpp"
#include "md/errors.hpp"

namespace md {
namespace {

constexpr double reach = 1.6;  // A; H-I is 1.61, a hydrogen bond 1.5 and more, but never nearest

/// Atoms that are no hydrogen, with their images near the cell, in cubes of `reach`.
class HeavyAtoms {
 public:
  explicit HeavyAtoms(const Structure& s) : periodic_(s.periodic) {
    cell_ = complete_cell(s.cell, s.periodic, 1);
    if (periodic_.any()) to_fraction_ = inverse(cell_);
    const auto widths = cell_widths(cell_);
    for (int i = 0; i < s.size(); ++i)
      if (s.numbers[i] != 1) add_images(wrapped(s.positions[i]), i, widths);
  }

  /// The nearest one within reach; -1: none.
  int nearest(const Vec3& position) const {
    const Vec3 x = wrapped(position);
    const Cube center = cube(x);
    double best = reach * reach;
    int atom = -1;
    for (int a = -1; a <= 1; ++a)
      for (int b = -1; b <= 1; ++b)
        for (int c = -1; c <= 1; ++c) {
          const auto it = cubes_.find({center[0] + a, center[1] + b, center[2] + c});
          if (it == cubes_.end()) continue;
          for (const auto& [place, i] : it->second)
            if (const Vec3 d = place - x; dot(d, d) < best) best = dot(d, d), atom = i;
        }
    return atom;
  }

 private:
  using Cube = std::array<long long, 3>;

  static Cube cube(const Vec3& x) {
    Cube result;
    for (int k = 0; k < 3; ++k) result[k] = static_cast<long long>(std::floor(x[k] / reach));
    return result;
  }
  Vec3 wrapped(const Vec3& x) const {
    if (!periodic_.any()) return x;
    Vec3 f = x * to_fraction_;
    for (int k = 0; k < 3; ++k)
      if (periodic_[k]) f[k] -= std::floor(f[k]);
    return f * cell_;
  }
  void add_images(const Vec3& x, int i, const std::array<double, 3>& widths) {
    int n[3] = {0, 0, 0};
    for (int k = 0; k < 3; ++k)
      if (periodic_[k]) n[k] = static_cast<int>(std::ceil(reach / widths[k]));
    for (int a = -n[0]; a <= n[0]; ++a)
      for (int b = -n[1]; b <= n[1]; ++b)
        for (int c = -n[2]; c <= n[2]; ++c) {
          const Vec3 image = x + Vec3{1.0 * a, 1.0 * b, 1.0 * c} * cell_;
          cubes_[cube(image)].emplace_back(image, i);
        }
  }

  Periodicity periodic_;
  Mat3 cell_{}, to_fraction_{};
  std::map<Cube, std::vector<std::pair<Vec3, int>>> cubes_;
};

}  // namespace

void repartition_hydrogen(Structure& s, double mass) {
  const HeavyAtoms heavy(s);
  std::vector<double> masses(s.numbers.size());
  for (int i = 0; i < s.size(); ++i) masses[i] = s.mass(i);
  const auto atom = [&](int i) {
    return std::string(symbol(s.numbers[i])) + " (atom " + std::to_string(i + 1) + ")";
  };
  std::vector<int> owner(s.numbers.size(), -1);
  for (int i = 0; i < s.size(); ++i) {
    if (s.numbers[i] != 1) continue;
    owner[i] = heavy.nearest(s.positions[i]);
    if (owner[i] < 0)
      throw InputError(s.source + ": system.hydrogen_mass: " + atom(i) +
                       " has no heavier atom within 1.6 A to take its mass from");
    masses[owner[i]] -= mass - masses[i];
    masses[i] = mass;
  }
  for (int i = 0; i < s.size(); ++i)
    if (owner[i] >= 0 && !(masses[owner[i]] >= mass))
      throw InputError(s.source + ": system.hydrogen_mass: " + atom(owner[i]) +
                       " would become lighter than its hydrogens; a smaller mass is wanted");
  s.masses = std::move(masses);
  drop_standard_masses(s);
}

}  // namespace md
