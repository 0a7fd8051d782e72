#include "program/distill/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "md/errors.hpp"
#include "md/json.hpp"
#include "md/random.hpp"
#include "md/symmetric_inverse.hpp"
#include "potentials/support/safetensors.hpp"
#include "potentials/support/safetensors_writer.hpp"

namespace md {
namespace {

std::vector<double> distances(const std::vector<Vec3>& x) {
  std::vector<double> d;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) d.push_back(norm(x[i] - x[j]));
  return d;
}

/// Whether the rms difference of two lists of the same length is at most `most`.
bool are_near(const std::vector<double>& a, const std::vector<double>& b, double most) {
  const double limit = most * most * static_cast<double>(a.size());
  double sum = 0;
  for (std::size_t k = 0; k < a.size() && sum <= limit; ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum <= limit;
}

/// Neighbors of every atom by covalent bonds: nearer than 1.25 times the sum of the radii.
std::vector<std::vector<int>> bonds(const Structure& s) {
  std::vector<std::vector<int>> result(s.size());
  for (int i = 0; i < s.size(); ++i)
    for (int j = 0; j < s.size(); ++j)
      if (i != j && norm(s.positions[i] - s.positions[j]) <
                        1.25 * (covalent_radius(s.numbers[i]) + covalent_radius(s.numbers[j])))
        result[i].push_back(j);
  return result;
}

/// The atoms on j's side of the bond i-j; j alone when the bond is in a ring.
std::vector<int> side(const std::vector<std::vector<int>>& bonded, int i, int j) {
  std::vector<int> reached{j};
  std::vector<bool> seen(bonded.size(), false);
  seen[j] = true;
  for (std::size_t k = 0; k < reached.size(); ++k)
    for (const int next : bonded[reached[k]]) {
      if (reached[k] == j && next == i) continue;
      if (next == i) return {j};
      if (!seen[next]) reached.push_back(next);
      seen[next] = true;
    }
  return reached;
}

/// Indices of the frames of each group.
std::vector<std::vector<std::size_t>> members(const SampledFrames& frames) {
  std::vector<std::vector<std::size_t>> result(frames.groups.size());
  for (std::size_t k = 0; k < frames.group.size(); ++k) result[frames.group[k]].push_back(k);
  return result;
}

}  // namespace

std::size_t drop_duplicates(SampledFrames& frames, double min_difference,
                            const std::vector<const Dataset*>& known) {
  std::map<std::vector<int>, std::vector<std::vector<double>>> kept;  // distances by elements
  for (const Dataset* data : known)
    for (const painn::LabelledStructure& s : data->structures)
      kept[s.numbers].push_back(distances(s.positions));
  SampledFrames result;
  result.groups = frames.groups;
  for (std::size_t k = 0; k < frames.structures.size(); ++k) {
    const int group = frames.group[k];
    auto& others = kept[frames.structures[k].numbers];
    std::vector<double> d = distances(frames.structures[k].positions);
    if (std::any_of(others.begin(), others.end(), [&](const std::vector<double>& other) {
          return are_near(other, d, min_difference);
        }))
      continue;
    others.push_back(std::move(d));
    result.structures.push_back(std::move(frames.structures[k]));
    result.group.push_back(group);
  }
  const std::size_t dropped = frames.structures.size() - result.structures.size();
  frames = std::move(result);
  return dropped;
}

double energy_over_work(const Dataset& data) {
  constexpr double nearest = 1e-4, furthest = 0.08;  // A, of the atom that moves most
  constexpr std::size_t most = 300, least = 5;       // structures of a group; pairs
  std::map<int, std::vector<std::size_t>> groups;
  for (std::size_t k = 0; k < data.group.size(); ++k) groups[data.group[k]].push_back(k);
  double change_work = 0, work_work = 0;
  std::size_t pairs = 0;
  for (auto& [g, own] : groups) {
    own.resize(std::min(own.size(), most));
    for (const std::size_t k : own)
      for (const std::size_t l : own) {
        const painn::LabelledStructure &a = data.structures[k], &b = data.structures[l];
        if (l >= k || a.numbers != b.numbers) continue;
        double moved = 0, work = 0;
        for (std::size_t i = 0; i < a.positions.size() && moved <= furthest; ++i) {
          const Vec3 d = b.positions[i] - a.positions[i];
          moved = std::max(moved, norm(d));
          work -= 0.5 * dot(a.forces[i] + b.forces[i], d);
        }
        if (moved < nearest || moved > furthest) continue;
        change_work += (b.energy - a.energy) * work;
        work_work += work * work;
        ++pairs;
      }
  }
  return pairs < least || work_work == 0 ? 1 : change_work / work_work;
}

void add_stretched(SampledFrames& frames, int n, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return uniform53(random()); };
  const auto groups = members(frames);
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (int k = 0; k < n && !groups[g].empty(); ++k) {
      // Every other one from the first frame, which is often a minimum.
      Structure s =
          frames.structures[k % 2 ? groups[g][random() % groups[g].size()] : groups[g][0]];
      const auto bonded = bonds(s);
      std::vector<std::pair<int, std::vector<int>>> choices;  // atom that stays, atoms that move
      for (int i = 0; i < s.size(); ++i)
        for (const int j : bonded[i])
          if (auto moved = side(bonded, i, j); 2 * moved.size() <= bonded.size())
            choices.emplace_back(i, std::move(moved));
      if (choices.empty()) continue;
      const auto& [stays, moved] = choices[random() % choices.size()];
      const Vec3 bond = s.positions[moved[0]] - s.positions[stays];
      const double length = norm(bond), wanted = 0.6 + uniform() * (2 * length - 0.6);
      for (const int j : moved) s.positions[j] += ((wanted - length) / length) * bond;
      frames.structures.push_back(std::move(s));
      frames.group.push_back(static_cast<int>(g));
    }
}

void add_rattled(SampledFrames& frames, double share, double deviation, std::uint32_t seed) {
  std::mt19937_64 random(seed + 1);
  const auto uniform = [&] { return uniform53(random(), 0.5); };
  const auto normal = [&] {  // Box and Muller
    return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform());
  };
  const std::size_t n = frames.structures.size();
  for (std::size_t k = 0; k < n; ++k) {
    if (uniform() >= share) continue;
    Structure s = frames.structures[k];
    const double sigma = deviation * uniform();
    for (Vec3& x : s.positions) x += sigma * Vec3{normal(), normal(), normal()};
    frames.structures.push_back(std::move(s));
    frames.group.push_back(frames.group[k]);
  }
}

std::vector<double> fit_shifts(const std::vector<const painn::LabelledStructure*>& structures,
                               int n_species) {
  std::map<int, std::size_t> column;
  for (const auto* s : structures)
    for (const int z : s->numbers) column.emplace(z, 0);
  std::size_t n = 0;
  for (auto& [z, k] : column) k = n++;
  // Normal equations, with a little of the unit matrix where compositions do not tell elements
  // apart.
  std::vector<double> a(n * n, 0), b(n, 0);
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] = 1e-9 * static_cast<double>(structures.size());
  for (const auto* s : structures) {
    std::vector<double> counts(n, 0);
    for (const int z : s->numbers) ++counts[column[z]];
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) a[i * n + j] += counts[i] * counts[j];
      b[i] += counts[i] * s->energy;
    }
  }
  const std::vector<double> inverse = symmetric_inverse(a, n);
  std::vector<double> shifts(n_species, 0);
  for (const auto& [z, k] : column)
    for (std::size_t j = 0; j < n; ++j) shifts[z] += inverse[k * n + j] * b[j];
  return shifts;
}

void Dataset::write(const std::string& path) const {
  std::vector<double> first{0}, numbers, positions, energies, forces,
      group_of(group.begin(), group.end());
  for (const painn::LabelledStructure& s : structures) {
    numbers.insert(numbers.end(), s.numbers.begin(), s.numbers.end());
    for (const Vec3& x : s.positions) positions.insert(positions.end(), {x.x, x.y, x.z});
    for (const Vec3& f : s.forces) forces.insert(forces.end(), {f.x, f.y, f.z});
    energies.push_back(s.energy);
    first.push_back(static_cast<double>(numbers.size()));
  }
  Json list = Json::array();
  for (const Group& g : groups)
    list.push_back(Json::array({g.name, static_cast<int>(g.part), static_cast<int>(g.made)}));
  const auto n = static_cast<std::int64_t>(numbers.size());
  const auto b = static_cast<std::int64_t>(structures.size());
  write_safetensors(path,
                    {{"first_atom", {b + 1}, first, true},
                     {"numbers", {n}, numbers, true},
                     {"positions", {n, 3}, positions, true},
                     {"energies", {b}, energies, true},
                     {"forces", {n, 3}, forces, true},
                     {"group", {b}, group_of, true}},
                    {{"architecture", "dataset"}, {"groups", list.dump()}});
}

Dataset Dataset::read(const std::string& path) {
  const Safetensors file(path);
  if (file.metadata("architecture") != "dataset")
    throw InputError(path + ": is not a dataset that `understudy distill` wrote");
  const std::int64_t b = file.tensor("energies").size(), n = file.tensor("numbers").size();
  const auto first = file.values("first_atom", {b + 1}), numbers = file.values("numbers", {n}),
             x = file.values("positions", {n, 3}), f = file.values("forces", {n, 3}),
             energies = file.values("energies", {b}), group = file.values("group", {b});
  Dataset d;
  for (std::int64_t k = 0; k < b; ++k) {
    painn::LabelledStructure s;
    s.energy = energies[k];
    for (auto i = static_cast<std::int64_t>(first[k]); i < static_cast<std::int64_t>(first[k + 1]);
         ++i) {
      s.numbers.push_back(static_cast<int>(numbers[i]));
      s.positions.push_back({x[3 * i], x[3 * i + 1], x[3 * i + 2]});
      s.forces.push_back({f[3 * i], f[3 * i + 1], f[3 * i + 2]});
    }
    d.structures.push_back(std::move(s));
    d.group.push_back(static_cast<int>(group[k]));
  }
  const Json groups = Json::parse(file.metadata("groups"));
  for (const Json& g : groups.items())
    d.groups.push_back({g.items().at(0).text(), static_cast<Part>(g.items().at(1).integer()),
                        g.items().size() > 2 && g.items()[2].integer() != 0});
  return d;
}

void SampledFrames::add_made(int from, std::vector<Structure> made) {
  if (made.empty()) return;
  groups.push_back({groups[from].name, groups[from].part, true});
  for (Structure& s : made) {
    structures.push_back(std::move(s));
    group.push_back(static_cast<int>(groups.size()) - 1);
  }
}

}  // namespace md
