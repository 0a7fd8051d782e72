#pragma once

#include <cstdint>
#include <vector>

#include "md/neighbors/neighbors.hpp"

namespace md::orb {

/// Directed edges of some atoms, from each to its nearest neighbors. Sorted by sender: the edges of
/// atom i are first[i] ... first[i + 1] - 1, nearest first. Atoms are numbered from 0 within the
/// graph.
struct Graph {
  int n_atoms = 0, n_edges = 0;
  std::vector<int> first;             // [n_atoms + 1]
  std::vector<int> sender, receiver;  // [n_edges]
  std::vector<Vec3> vector;           // [n_edges] from sender to receiver, A
  std::vector<int> incoming_first;    // [n_atoms + 1]
  std::vector<int> incoming;  // [n_edges] edges by receiver: those of atom i are incoming[k]
                              // for incoming_first[i] <= k < incoming_first[i + 1]

  /// Empties it for this many atoms.
  void begin(int atoms);
  /// Appends an edge; senders must not descend.
  void add(int from, int to, const Vec3& v);
  /// After the last edge: fills first, incoming_first and incoming.
  void finish();
};

/// Finds the edges of the atoms [begin, end) of a batch, whole replicas: of each atom the (at most)
/// `most` neighbors nearest to it within `cutoff`, other images of itself included. Order, and
/// choice where equal distances are cut: by the distance rounded to 1e-9 A, then by the receiver,
/// then by the shift of its image, lexicographically. It does not depend on how positions are
/// wrapped.
class NearestNeighbors {
 public:
  NearestNeighbors(double cutoff, int most) : cutoff_(cutoff), most_(most) {}
  void find(const StateView& state, const NeighborView& neighbors, int begin, int end,
            Stream& stream, Graph& graph);

 private:
  struct Candidate {
    std::int64_t distance;  // 1e-9 A
    int atom, image;
    std::int64_t entry;
    bool operator<(const Candidate& b) const;
  };
  double cutoff_;
  int most_;
  std::vector<std::size_t> place_;  // [n + 1] where the candidates of an atom begin
  std::vector<int> found_;          // [n] how many are kept
  std::vector<Candidate> candidates_;
};

}  // namespace md::orb
