#pragma once

#include <limits>
#include <vector>

#include "md/device/stream.hpp"
#include "md/neighbors/neighbors.hpp"
#include "md/state.hpp"

namespace md {

/// When a replica counts as bad. Numbers that are not finite are always bad.
struct SafetyLimits {
  double max_force = std::numeric_limits<double>::infinity();  // eV/A, on any atom
  std::vector<double> max_temperature = {};  // [n_replicas] K, instantaneous; empty: none
  double min_distance = 0;                   // A, between any two atoms
};

/// What one pass over the atoms of a replica finds.
struct ReplicaScan {
  double kinetic = 0;  // eV
  double moved2 = 0;   // A^2, of the atom that has moved furthest since its pairs were looked at
  int fault = 0;       // bits of Fault
  MD_HD ReplicaScan& operator+=(const ReplicaScan& b) {
    kinetic += b.kinetic;
    if (!(b.moved2 <= moved2)) moved2 = b.moved2;
    fault |= b.fault;
    return *this;
  }
};

/// Watches the replicas on the device. Keeps the last good states of each and, when one breaks a
/// limit, freezes it at the newest of them; the others never notice.
class Safety {
 public:
  static constexpr int slots = 4;      // good states kept per replica
  static constexpr int interval = 10;  // steps between them

  Safety(State& state, const SafetyLimits& limits);

  /// Recordable, at the start of a step: every `interval` steps keeps the state of running
  /// replicas.
  void remember(const StateView& state, Stream& stream);
  /// Recordable, after the second kick: kinetic energies, limits; freezes what is bad and counts it
  /// in *alarm(). `completed` is 1 inside a step, 0 when the clock has already advanced. Pairs are
  /// looked at only when two atoms may have come too near since the last look, which costs little
  /// and misses nothing; cells do not change in between.
  void check(const StateView& state, const NeighborList& neighbors, int completed, Stream& stream);

  /// Number of replicas frozen so far; waits for the device.
  int n_frozen() const;

  /// A good state kept for replica r, on the host.
  struct Kept {
    std::int64_t step = 0;
    double potential = 0;                         // eV
    std::vector<Vec3> position, velocity, force;  // atoms of the replica alone
  };
  /// The states kept for replica r, oldest first.
  std::vector<Kept> kept(int r, const std::vector<int>& first_atom) const;

  const SafetyLimits& limits() const { return limits_; }
  /// For a continued run: how many were frozen before.
  void set_frozen(int n) { alarm_.fill(n); }

  /// All that a checkpoint must keep: positions, velocities, forces [slots * n_atoms] by slot,
  /// potential and step [slots * n_replicas] by slot; step -1: empty.
  Array<Vec3> position, velocity, force;
  Array<double> potential;
  Array<std::int64_t> step;

 private:
  SafetyLimits limits_;
  Array<ReplicaScan> found_;
  Array<int> alarm_;
  Array<double> max_temperature_;    // [n_replicas]
  Array<Vec3> looked_at_;            // [n_atoms] positions when the pairs were last looked at
  Array<double> nearest2_, fresh2_;  // [n_replicas] shortest distance then, and being found, A^2
};

/// Sets energies, forces and, if wanted, virials to zero, for potentials to add to. Recordable.
void clear_forces(const StateView& state, bool virial, Stream& stream);
/// Counts a step as completed. Recordable.
void advance_clock(const StateView& state, Stream& stream);

}  // namespace md
