#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "md/minimizer/minimizer.hpp"
#include "md/simulation.hpp"
#include "md/structure.hpp"
#include "program/run/origin.hpp"
#include "program/run/run_options.hpp"
#include "program/run/watch.hpp"

namespace md {

/// A file that goes into a run and its SHA-256, for summary.json.
struct HashedFile {
  std::string path, sha256;
};

/// The replicas that a run starts from or has led to, one element per replica.
struct Replicas {
  std::vector<Structure> systems;  // with velocities
  std::vector<ReplicaSettings> settings;
  std::vector<int> status;        // Status
  bool drift_removed = false;     // at the start
  std::vector<HashedFile> files;  // that the systems were read from
  /// K: the highest temperature that each was given so far, of a thermostat or as velocities.
  std::vector<double> warmest = {};
  std::vector<Origin> origins = {};

  Batch batch() const;
};

/// One input, read and checked, with what it asks for. The same for every start from it: what a run
/// changes are its replicas.
struct Stage {
  /// Throws InputError for anything impossible. Not `watched`: without the watches that the input
  /// asks for.
  explicit Stage(Input given, bool watched = true);
  /// Hashes the file of a key, where one is given.
  void add_file(const std::string& key);
  /// Throws InputError, naming `key`, where the potential estimates no errors of its forces.
  void require_uncertainty(const std::string& key) const;

  Input input;
  RunOptions options;
  Device device;
  std::unique_ptr<Potential> potential;
  Description potential_description;
  std::optional<MinimizeOptions> minimize;  // instead of dynamics
  bool thermostat = false;                  // the integrator keeps a temperature
  bool conserves_momentum = false;          // likewise
  bool conserves_energy = false;            // likewise
  std::vector<HashedFile> files;            // models
  std::vector<std::unique_ptr<Watch>> watches;
};

/// The replicas that a stage starts from, as its input says: of structure files, or, where
/// `previous` is not null, where the stage before has led them. Checked.
Replicas start_replicas(const Stage& stage, const Replicas* previous);
/// Throws InputError when the potential or a watch cannot treat one of the systems.
void check_replicas(const Stage& stage, const Replicas& replicas);
/// Temperature and friction of every replica as the input says.
void set_thermostats(const Stage& stage, Replicas& replicas);
/// The stage must outlive the simulation: the potential stays there.
std::unique_ptr<Simulation> make_simulation(const Stage& stage, const Replicas& replicas,
                                            bool watched = true);
/// The replicas as they are now.
Replicas last_replicas(const Simulation& simulation, const Replicas& start);

}  // namespace md
