#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "md/device/stream.hpp"
#include "md/state.hpp"

namespace md {

/// Full neighbor lists in device memory. Row i holds count[i] entries from `row[i]` on; entry k is
/// the atom atom[k] of the same replica in the image whose shift vector is
/// shift[first_shift[r] + image[k]]. Every pair stands in both rows, several images of one atom and
/// an atom's own images included. Pairs up to cutoff + skin: a potential cuts at its own cutoff.
/// What is padded may be read (not written) up to one vector past its end.
struct NeighborView {
  int n_atoms = 0;
  const std::int64_t* row = nullptr;  // [n_atoms] where the row of atom i begins
  const int* count = nullptr;         // [n_atoms]
  const int* atom = nullptr;          // [capacity]
  const int* image = nullptr;         // [capacity]
  const int* first_shift = nullptr;   // [n_replicas + 1]; image m - 1 - k of m is the opposite of k
  const Vec3* shift = nullptr;        // A; aperiodic replicas have the zero vector only; padded
  const Vec3* wrapped = nullptr;  // [n_atoms] positions of this step, in the list's image; padded
  const std::int64_t* builds = nullptr;  // [n_replicas] how often the rows of r were built
  std::int64_t capacity = 0;             // of all rows; rows lie one after the other, by atom

  /// From atom i (of replica r) to its neighbor in entry k, A: r_j + n C - r_i.
  MD_HD Vec3 vector(int r, int i, std::int64_t k) const {
    return (wrapped[atom[k]] - wrapped[i]) + shift[first_shift[r] + image[k]];
  }
};

/// Neighbor lists of a batch with a skin. A replica's rows are rebuilt when one of its own atoms
/// has moved more than half the skin since its last build, so their content and order depend on
/// that replica alone, never on the batch. Brute force for small replicas, a cell list for large
/// ones; aperiodic, orthorhombic and triclinic cells of any size.
class NeighborList {
 public:
  /// cutoff 0: the potential needs no neighbors; rows are empty and refresh does nothing.
  NeighborList(State& state, double cutoff, double skin, Stream& stream);
  ~NeighborList();
  NeighborList(NeighborList&&) noexcept;

  /// Recordable: tests displacements, rebuilds what needs it, updates `wrapped`. When a row runs
  /// out of capacity, sets *halt: nothing further happens on the stream until enlarge().
  void refresh(Stream& stream);
  /// Not recordable. Enlarges what overflowed, rebuilds those replicas' rows and clears *halt. True
  /// when there was something to enlarge; the caller then redoes the force part of the step.
  bool enlarge(Stream& stream);
  /// Not recordable. Builds every row from scratch at the current positions.
  void build(Stream& stream);

  /// For checkpoints: positions at each replica's last build. Restoring them rebuilds identical
  /// rows.
  std::vector<Vec3> reference_positions() const;
  void restore(const std::vector<Vec3>& reference_positions, Stream& stream);

  NeighborView view() const;
  double cutoff() const;
  double skin() const;
  /// Replica builds so far, and a number that changes whenever any row may have changed. Both wait
  /// for the device.
  std::int64_t n_builds() const;
  /// Differs between any two lists of a process.
  std::int64_t id() const;
  /// Bytes held on the device.
  std::size_t bytes() const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace md
