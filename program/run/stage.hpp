#pragma once

#include <memory>
#include <string>
#include <vector>

#include "md/simulation.hpp"
#include "md/structure.hpp"
#include "program/audit/handover.hpp"
#include "program/audit/options.hpp"
#include "program/run/run_options.hpp"

namespace md {

/// What one stage hands to the next: the last state of every replica.
struct LastState {
  std::vector<Structure> systems;  // with velocities
  std::vector<int> freedom;
  std::vector<int> status;  // Status
  std::vector<std::uint32_t> ids;
};

/// A file that goes into a run and its SHA-256, for summary.json.
struct HashedFile {
  std::string path, sha256;
};

/// One input file, read and checked, with the systems it starts from.
struct Stage {
  Input input;
  RunOptions options;
  Device device;
  std::vector<Structure> systems;
  std::vector<ReplicaSettings> settings;
  std::vector<int> status;  // of replicas that an earlier stage left behind; else all running
  std::vector<HashedFile> files;
  std::unique_ptr<Potential> potential;
  std::unique_ptr<Integrator> integrator;
  Description potential_description;
  bool drift_removed = false;  // at the start of this stage
  bool thermostat = false;     // the integrator keeps a temperature
  AuditOptions audit = {};
  std::unique_ptr<TimedEvaluator> teacher = nullptr;      // where audit.enabled
  std::unique_ptr<HandoverPotential> handover = nullptr;  // where the policy is that

  Batch batch() const;
};

/// Reads and checks everything without writing anything. `previous` is null for the first stage.
Stage prepare_stage(Input input, const LastState* previous);
/// Potential, integrator, device and options of an input whose systems are known already.
Stage prepare_components(Input input);
/// Throws InputError when potential or teacher cannot treat one of the systems.
void check_potentials(const Stage& stage);
/// Temperature and friction of every replica as the input says.
void set_thermostats(Stage& stage);
/// What the next stage can be checked against before this one has run.
LastState first_state(const Stage& stage);
/// Takes the integrator out of the stage, which must outlive the simulation: its potential stays
/// there. Statuses of an earlier stage are set.
std::unique_ptr<Simulation> make_simulation(Stage& stage);
LastState last_state(const Simulation& simulation, const Stage& stage);

}  // namespace md
