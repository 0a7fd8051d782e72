#include "io/site.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace md {
namespace {

/// The alternate locations of one residue. Locations compete where an atom of one name has both;
/// of those that compete, directly or through others, one stays.
class Alternates {
 public:
  void add(const Site& site) {
    Location& location = at(site.location);
    location.occupancy += site.occupancy;
    ++location.n;
    labels_[site.name].push_back(site.location);
  }
  void choose() {
    for (const auto& [name, labels] : labels_)
      for (const char label : labels) join(labels.front(), label);
    for (std::size_t k = 0; k < locations_.size(); ++k) {
      Location& rival = locations_[root(k)];
      if (rival.best < 0 || mean(k) > mean(rival.best) + 1e-6) rival.best = static_cast<int>(k);
    }
  }
  bool stays(const Site& site) {
    // What has no location is left out only where the same atom has one, and that one is better.
    const std::vector<char>& labels = labels_[site.name];
    if (site.location == 0 && std::ranges::count(labels, 0) == std::ssize(labels)) return true;
    const std::size_t k = find(site.location);
    return locations_[root(k)].best == static_cast<int>(k);
  }

 private:
  struct Location {
    char label;
    double occupancy = 0;
    int n = 0;
    std::size_t parent;
    int best = -1;
  };
  std::size_t find(char label) const {
    std::size_t k = 0;
    while (k < locations_.size() && locations_[k].label != label) ++k;
    return k;
  }
  Location& at(char label) {
    const std::size_t k = find(label);
    if (k == locations_.size()) locations_.push_back({label, 0, 0, k});
    return locations_[k];
  }
  std::size_t root(std::size_t k) const {
    while (locations_[k].parent != k) k = locations_[k].parent;
    return k;
  }
  void join(char a, char b) {
    const std::size_t x = root(find(a)), y = root(find(b));
    locations_[std::max(x, y)].parent = std::min(x, y);
  }
  double mean(std::size_t k) const { return locations_[k].occupancy / locations_[k].n; }

  std::vector<Location> locations_;                  // in the order of the file
  std::map<std::string, std::vector<char>> labels_;  // the locations of each atom name
};

}  // namespace

std::vector<int> most_occupied(const std::vector<Site>& sites) {
  std::map<std::string, Alternates> residues;
  for (const Site& site : sites)
    if (site.location != 0) residues[site.place];
  std::vector<int> kept;
  if (residues.empty()) {
    kept.resize(sites.size());
    std::iota(kept.begin(), kept.end(), 0);
    return kept;
  }
  for (const Site& site : sites)
    if (const auto it = residues.find(site.place); it != residues.end()) it->second.add(site);
  for (auto& [place, residue] : residues) residue.choose();
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const auto it = residues.find(sites[i].place);
    if (it == residues.end() || it->second.stays(sites[i])) kept.push_back(static_cast<int>(i));
  }
  return kept;
}

std::string alternates_warning(int dropped) {
  return std::to_string(dropped) +
         " atoms in alternate locations are left out: of each residue the most occupied location "
         "is kept, at a tie the first";
}

Structure structure_of(const TextSource& source, const std::vector<Site>& sites,
                       const std::vector<std::pair<int, int>>& bonds, int& dropped) {
  const std::vector<int> kept = most_occupied(sites);
  dropped += static_cast<int>(sites.size() - kept.size());
  const std::vector<Isotope> elements = elements_of(source, sites);
  std::vector<int> place(sites.size(), -1);
  Structure s;
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const int i = kept[k];
    place[i] = static_cast<int>(k);
    s.numbers.push_back(elements[i].number);
    s.positions.push_back(sites[i].position);
    s.formal_charge += sites[i].charge;
    s.masses.push_back(elements[i].mass > 0 ? elements[i].mass : standard_mass(elements[i].number));
  }
  for (const auto& [a, b] : bonds)
    if (place[a] >= 0 && place[b] >= 0 && a != b)
      s.bonds.emplace_back(std::min(place[a], place[b]), std::max(place[a], place[b]));
  std::sort(s.bonds.begin(), s.bonds.end());
  s.bonds.erase(std::unique(s.bonds.begin(), s.bonds.end()), s.bonds.end());
  drop_standard_masses(s);
  return s;
}

}  // namespace md
