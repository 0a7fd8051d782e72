#include "program/run/quarantine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "io/extended_xyz.hpp"
#include "io/replica_files.hpp"
#include "md/files.hpp"
#include "program/components.hpp"
#include "program/run/output.hpp"

namespace md {
namespace {

constexpr int bad = static_cast<int>(Status::quarantined);

std::string describe(const State& state, const Replicas& replicas, int r) {
  return fmt::format("replica {} (id {}) at step {}: {}", r, replicas.settings[r].id,
                     state.fault_step.read(r), describe_fault(state.fault.read(r)));
}

}  // namespace

void Quarantine::begin(const Stage&, const Replicas&, Simulation& simulation, const Checkpoint*) {
  status_ = simulation.state().status.download();
  frozen_ = simulation.n_frozen();
}

void Quarantine::look(Simulation& simulation, double) {
  if (simulation.n_frozen() == frozen_) return;
  frozen_ = simulation.n_frozen();
  const State& state = simulation.state();
  const std::vector<int> status = state.status.download();
  for (int r = 0; r < state.n_replicas(); ++r) {
    if (status[r] != bad || status_[r] == bad) continue;
    const std::string what = describe(state, replicas_, r);
    write(simulation, r, describe_fault(state.fault.read(r)));
    warn(what + "; it is frozen, its last good states are in " +
         replica_file_name("quarantine", ".xyz", r, 2));
  }
  status_ = status;
}

void Quarantine::write(const Simulation& simulation, int r, const std::string& reason) const {
  const State& state = simulation.state();
  const Structure& system = replicas_.systems[r];
  std::vector<Safety::Kept> states = simulation.safety().kept(r, state.first_atom());
  if (states.empty())
    states.push_back({0, NAN, system.positions, system.velocities, {}});  // bad at once
  std::string text;
  for (const Safety::Kept& kept : states) {
    ExtendedXyzFields fields;
    fields.info = {
        {"step", std::to_string(kept.step)},
        {"time_ps", time_text(static_cast<double>(kept.step) * stage_.options.time_step * 1e-3,
                              stage_.options.time_step)},
        {"replica", std::to_string(r)},
        {"fault_step", std::to_string(state.fault_step.read(r))},
        {"fault", reason}};
    if (!kept.force.empty()) fields.energy = kept.potential;
    fields.forces = kept.force;
    fields.velocities = XyzVelocities::momenta;
    append_extended_xyz(text,
                        {system.numbers, kept.position, kept.velocity, system.cell, system.periodic,
                         system.masses, system.fixed},
                        fields);
  }
  write_file(stage_.options.directory + "/" + replica_file_name("quarantine", ".xyz", r, 2), text);
}

std::string Quarantine::first(const Simulation& simulation) const {
  const State& state = simulation.state();
  const std::vector<int> status = state.status.download();
  const std::vector<std::int64_t> steps = state.fault_step.download();
  int first = -1;
  for (int r = 0; r < state.n_replicas(); ++r)
    if (status[r] == bad && (first < 0 || steps[r] < steps[first])) first = r;
  return first < 0 ? "" : describe(state, replicas_, first);
}

bool Quarantine::all_bad(const Simulation& simulation) const {
  const std::vector<int> status = simulation.state().status.download();
  return std::all_of(status.begin(), status.end(), [](int s) { return s == bad; });
}

bool Quarantine::any_bad(const Simulation& simulation) const {
  const std::vector<int> status = simulation.state().status.download();
  return std::find(status.begin(), status.end(), bad) != status.end();
}

}  // namespace md
