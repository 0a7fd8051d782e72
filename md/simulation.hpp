#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "md/device/step_graph.hpp"
#include "md/device/stream.hpp"
#include "md/integrator.hpp"
#include "md/neighbors/neighbors.hpp"
#include "md/potential.hpp"
#include "md/safety.hpp"
#include "md/state.hpp"
#include "md/writer.hpp"

namespace md {

/// Seconds of wall time by part of the step. On a GPU a whole step is one graph and the parts
/// cannot be told apart: all of it stands under `potential`.
struct PhaseTimes {
  double neighbors = 0, potential = 0, integrator = 0;
};

/// A batch of replicas with everything that moves it. Owns stream, state, neighbor lists,
/// integrator and the recorded step; the potential belongs to somebody else and must outlive it.
class Simulation {
 public:
  /// `integrator` may be null where nothing is to be moved. skin in A.
  Simulation(Device device, int threads, const std::vector<Structure>& systems,
             const std::vector<ReplicaSettings>& settings, Potential& potential,
             std::unique_ptr<Integrator> integrator, double skin, const SafetyLimits& limits);

  /// Neighbors, forces, energies and limits at the current positions; moves nothing.
  void evaluate(bool virial);
  /// n time steps; with `virial` the last one also gives the virial. Waits for the device on a GPU.
  void advance(std::int64_t n, bool virial);

  /// Between steps: freezes these replicas as they are, as bad for the reason `fault`.
  void quarantine(const std::vector<int>& replicas, Fault fault);

  std::int64_t step() const { return state_.step.read(0); }
  int n_frozen() const { return safety_.n_frozen(); }
  /// Positions, energies, temperatures and status (velocities, forces where asked) of this step.
  /// `stress` is filled when `virial` says that this step has one.
  void read(Frame& frame, bool velocities, bool forces, bool virial) const;

  State& state() { return state_; }
  const State& state() const { return state_; }
  Safety& safety() { return safety_; }
  const Safety& safety() const { return safety_; }
  NeighborList& neighbors() { return neighbors_; }
  Stream& stream() { return stream_; }
  /// Potential::uncertainty at the positions that the forces are of.
  std::vector<ForceUncertainty> uncertainty() {
    return potential_.uncertainty(state_.view(), stream_);
  }
  const Potential& potential() const { return potential_; }
  const PhaseTimes& times() const { return times_; }
  /// Bytes of state and neighbor lists on the device, without what the potential holds.
  std::size_t bytes() const;

 private:
  void first_half();
  void refresh();
  void forces(bool virial);
  void second_half();
  bool repair();
  void advance_recorded(std::int64_t n, bool virial);

  Stream stream_;
  State state_;
  Potential& potential_;
  std::unique_ptr<Integrator> integrator_;
  Safety safety_;
  NeighborList neighbors_;
  StepGraph before_, after_, whole_[2];
  PhaseTimes times_;
};

}  // namespace md
