#include "potentials/orb/orb_graph.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "md/device/host_parallel.hpp"

namespace md::orb {

void Graph::begin(int atoms) {
  n_atoms = atoms;
  n_edges = 0;
  sender.clear();
  receiver.clear();
  vector.clear();
}

void Graph::add(int from, int to, const Vec3& v) {
  sender.push_back(from);
  receiver.push_back(to);
  vector.push_back(v);
  ++n_edges;
}

void Graph::finish() {
  first.assign(n_atoms + 1, 0);
  incoming_first.assign(n_atoms + 1, 0);
  for (int e = 0; e < n_edges; ++e) {
    ++first[sender[e] + 1];
    ++incoming_first[receiver[e] + 1];
  }
  for (int i = 0; i < n_atoms; ++i) {
    first[i + 1] += first[i];
    incoming_first[i + 1] += incoming_first[i];
  }
  incoming.resize(n_edges);
  for (int e = 0; e < n_edges; ++e) incoming[incoming_first[receiver[e]]++] = e;
  // Every beginning has moved to its end, the next one's beginning.
  for (int i = n_atoms; i > 0; --i) incoming_first[i] = incoming_first[i - 1];
  incoming_first[0] = 0;
}

bool NearestNeighbors::Candidate::operator<(const Candidate& b) const {
  // Images of a row are numbered in the lexicographic order of their shifts.
  return std::tie(distance, atom, image) < std::tie(b.distance, b.atom, b.image);
}

void NearestNeighbors::find(const StateView& state, const NeighborView& neighbors, int begin,
                            int end, Stream& stream, Graph& graph) {
  const int n = end - begin;
  place_.assign(1, 0);
  for (int i = begin; i < end; ++i) place_.push_back(place_.back() + neighbors.count[i]);
  found_.resize(n);
  if (candidates_.size() < place_.back()) candidates_.resize(place_.back());
  const auto choose = [&](int k) {
    const int i = begin + k;
    Candidate* const mine = candidates_.data() + place_[k];
    Candidate* last = mine;
    for (std::int64_t entry = neighbors.row[i]; entry < neighbors.row[i] + neighbors.count[i];
         ++entry) {
      const double d = norm(neighbors.vector(state.replica[i], i, entry));
      if (d < cutoff_)
        *last++ = {std::llround(d * 1e9), neighbors.atom[entry], neighbors.image[entry], entry};
    }
    Candidate* const kept = mine + std::min<std::ptrdiff_t>(last - mine, most_);
    std::partial_sort(mine, kept, last);
    found_[k] = static_cast<int>(kept - mine);
  };
  for_each_index_on_host(stream, n, choose, 2000);

  graph.begin(n);
  for (int k = 0; k < n; ++k)
    for (int c = 0; c < found_[k]; ++c) {
      const Candidate& one = candidates_[place_[k] + c];
      graph.add(k, one.atom - begin,
                neighbors.vector(state.replica[begin + k], begin + k, one.entry));
    }
  graph.finish();
}

}  // namespace md::orb
