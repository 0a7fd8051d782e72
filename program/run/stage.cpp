#include "program/run/stage.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "md/errors.hpp"
#include "md/file_hash.hpp"
#include "md/text.hpp"
#include "md/velocities.hpp"
#include "program/components.hpp"
#include "program/run/limits.hpp"
#include "program/run/minimize_options.hpp"
#include "program/run/system_keys.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

/// Every frame of every structure file, with where it comes from.
void read_systems(const Input& input, Replicas& replicas) {
  for (const std::string& path : input.files("system.structure")) {
    std::vector<Structure> frames = read_structure_file(input, path);
    for (Origin& origin : origins_of(path, frames)) replicas.origins.push_back(std::move(origin));
    for (Structure& system : frames) {
      system.column_text.clear();  // only `energy` writes them again
      system.columns.clear();
      replicas.systems.push_back(std::move(system));
    }
    replicas.files.push_back({path, sha256_of_file(path)});
  }
  hold_atoms(input, replicas.systems);
  set_hydrogen_mass(input, replicas.systems);
}

/// Copies of every frame: replica = frame * replicas + copy.
template <class T>
std::vector<T> replicate(std::vector<T> frames, int copies) {
  if (copies == 1) return frames;
  std::vector<T> systems;
  systems.reserve(frames.size() * copies);
  for (const T& frame : frames) systems.insert(systems.end(), copies, frame);
  return systems;
}

/// Velocities at the start as [system] velocities says. Returns which replicas keep those they had.
std::vector<bool> start_moving(const Stage& stage, Replicas& replicas,
                               const std::vector<double>& temperatures) {
  const Input& input = stage.input;
  const RunOptions& o = stage.options;
  std::vector<bool> kept(replicas.systems.size(), false);
  for (std::size_t r = 0; r < replicas.systems.size(); ++r) {
    Structure& system = replicas.systems[r];
    const bool from_file = !system.velocities.empty();
    const bool drawable = !temperatures.empty();
    if (o.velocities == "file" && !from_file)
      input.fail("system.velocities", "is file, but " + system.source + " has no velocities");
    if (o.velocities == "maxwell" && !drawable)
      input.fail("system.velocities", "is maxwell, which needs integrator.temperature");
    const bool drawn =
        o.velocities == "maxwell" || (o.velocities == "auto" && !from_file && drawable);
    if (drawn)
      draw_velocities(system, temperatures[r], {o.seed, o.stage - 1}, replicas.settings[r].id);
    else if (o.velocities == "zero" || !from_file)
      system.velocities.assign(system.numbers.size(), {});
    else
      kept[r] = true;
    for (int i = 0; i < system.size(); ++i)
      if (system.is_fixed(i)) system.velocities[i] = {};
  }
  return kept;
}

/// Removes drift at the start and counts the degrees of freedom that are left.
void settle(const Stage& stage, Replicas& replicas) {
  for (std::size_t r = 0; r < replicas.systems.size(); ++r) {
    int& freedom = replicas.settings[r].freedom;
    freedom = 3 * (replicas.systems[r].size() - replicas.systems[r].n_fixed());
    if (!replicas.drift_removed) continue;
    const int removed = remove_drift(replicas.systems[r]);
    // What a thermostat or an outer potential brings back was never lost.
    if (stage.conserves_momentum && stage.potential->traits().translation_invariant)
      freedom -= removed;
  }
}

/// How many replicas of a system follow each other.
int copies(const Input& input) { return static_cast<int>(input.integer("system.replicas")); }

/// Temperature of every replica; empty when none is given.
std::vector<double> read_temperatures(const Input& input, int n) {
  if (input.text("integrator.temperature").empty()) return {};
  return input.per_replica("integrator.temperature", n, copies(input));
}

bool is_without_drift(const Replicas& replicas) {
  for (std::size_t r = 0; r < replicas.systems.size(); ++r)
    if (replicas.settings[r].freedom <
        3 * (replicas.systems[r].size() - replicas.systems[r].n_fixed()))
      return true;
  return false;
}

/// [system] of a later stage: only what may be asked of replicas that are handed over.
Replicas take_over(const Stage& stage, const Replicas& previous) {
  const Input& input = stage.input;
  if (input.has("system.structure"))
    warn(input.text("system.structure") +
         " is not read: this stage starts from the last state of the one before");
  if (stage.options.replicas != 1 &&
      stage.options.replicas != static_cast<int>(previous.systems.size()))
    input.fail("system.replicas", "a later stage goes on with the replicas of the one before");
  Replicas replicas = previous;
  replicas.files.clear();
  hold_atoms(input, replicas.systems);
  set_hydrogen_mass(input, replicas.systems);
  return replicas;
}

/// The frames of the structure files, as often as system.replicas says.
Replicas read_replicas(const Stage& stage) {
  Replicas replicas;
  read_systems(stage.input, replicas);
  const int copies = stage.options.replicas;
  replicas.systems = replicate(std::move(replicas.systems), copies);
  replicas.origins = replicate(std::move(replicas.origins), copies);
  for (std::size_t r = 0; r < replicas.origins.size(); ++r)
    replicas.origins[r].copy = static_cast<int>(r) % copies;
  replicas.settings.resize(replicas.systems.size());
  replicas.status.assign(replicas.systems.size(), static_cast<int>(Status::running));
  return replicas;
}

/// Null for a stage that is no dynamics.
std::unique_ptr<Integrator> make_integrator(const Input& input, const RunOptions& options) {
  if (input.text("integrator.method") == "minimize") return nullptr;
  return integrators()
      .find(input.text("integrator.method"))
      .make({input, options.time_step, {options.seed, options.stage - 1}});
}

}  // namespace

Registry<WatchMaker>& watches() {
  static Registry<WatchMaker> registry("watch", "watch");
  return registry;
}

Batch Replicas::batch() const {
  Batch batch;
  bool own_masses = false, held = false;
  batch.first_atom = first_atoms(systems);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    batch.numbers.insert(batch.numbers.end(), systems[r].numbers.begin(), systems[r].numbers.end());
    batch.periodic.push_back(systems[r].periodic);
    batch.ids.push_back(settings[r].id);
    own_masses = own_masses || !systems[r].masses.empty();
    held = held || systems[r].n_fixed() > 0;
    for (const auto& [a, b] : systems[r].bonds)
      batch.bonds.emplace_back(batch.first_atom[r] + a, batch.first_atom[r] + b);
    for (int i = 0; i < systems[r].size(); ++i) {
      batch.masses.push_back(systems[r].mass(i));
      batch.fixed.push_back(systems[r].is_fixed(i) ? 1 : 0);
    }
  }
  if (!own_masses) batch.masses.clear();
  if (!held) batch.fixed.clear();
  return batch;
}

Stage::Stage(Input given, bool watched) : input(std::move(given)) {
  choose_components(input, "run");
  const std::string method = input.text("integrator.method");
  if (method != "minimize") input.narrow("minimize", {}, "the integrator '" + method + "'");
  options = read_run_options(input);
  device = read_device(input);
  if (const auto integrator = make_integrator(input, options)) {
    thermostat = integrator->needs_temperature();
    conserves_momentum = integrator->conserves_momentum();
    conserves_energy = integrator->conserves_energy();
  }
  if (thermostat && input.text("integrator.temperature").empty())
    input.fail("integrator.temperature",
               "is missing: " + input.text("integrator.method") + " needs one");
  potential = make_potential(input, device);
  potential_description = potential->describe();
  add_file("potential.model");
  if (method == "minimize") {
    minimize = read_minimize_options(input);
    conserves_momentum = true;
    minimize->max_steps = static_cast<int>(std::min<std::int64_t>(options.steps, 1'000'000'000));
    options.every = options.log_every = 1;  // what is written are the first and the last step
  }
  if (std::isfinite(options.max_uncertainty)) require_uncertainty("safety.max_uncertainty");
  if (!watched) return;
  for (const auto& [name, maker] : md::watches().entries())
    if (std::unique_ptr<Watch> watch = maker.make(*this)) watches.push_back(std::move(watch));
  if (minimize && !watches.empty())
    input.fail("integrator.method", "is minimize, which no [teacher] looks at");
}

void Stage::require_uncertainty(const std::string& key) const {
  if (potential->traits().uncertainty_threshold > 0) return;
  input.fail_value(key,
                   "needs a potential that estimates the error of its forces: the kernels of painn "
                   "with a model file that says how (`understudy distill` writes it)");
}

void Stage::add_file(const std::string& key) {
  if (input.text(key).empty()) return;
  const std::string path = input.file(key);
  files.push_back({path, sha256_of_file(path)});
}

void check_replicas(const Stage& stage, const Replicas& replicas) {
  check_systems(stage.input, *stage.potential, stage.device, replicas.systems);
  if (stage.minimize &&
      !check_cells(stage.input, *stage.minimize, *stage.potential, replicas.systems))
    check_no_cells(stage.input, *stage.minimize);
  for (const auto& watch : stage.watches) watch->check(replicas);
}

Replicas start_replicas(const Stage& stage, const Replicas* previous) {
  const Input& input = stage.input;
  const RunOptions& o = stage.options;
  Replicas replicas = previous ? take_over(stage, *previous) : read_replicas(stage);
  const std::size_t n = replicas.systems.size();
  if (n > 100'000'000) input.fail_value("system.replicas", "makes too many replicas");
  check_replicas(stage, replicas);

  const std::vector<double> temperatures = read_temperatures(input, static_cast<int>(n));
  if (o.first_id > std::numeric_limits<std::uint32_t>::max() - n)
    input.fail_value("system.replica_id", "leaves no numbers for all replicas");
  if (!previous || input.has("system.replica_id"))
    for (std::size_t r = 0; r < n; ++r)
      replicas.settings[r].id = o.first_id + static_cast<std::uint32_t>(r);
  set_thermostats(stage, replicas);

  std::vector<bool> from_file = start_moving(stage, replicas, temperatures);
  if (previous) from_file.assign(n, false);
  // A later stage has drift only if an earlier one left it in or brought it back.
  const bool fresh = !previous || o.velocities == "maxwell" || input.has("system.remove_drift");
  replicas.drift_removed = fresh ? o.remove_drift : is_without_drift(*previous);
  settle(stage, replicas);
  take_start_temperatures(stage, replicas, from_file);
  if (stage.minimize)  // what follows draws its own
    for (Structure& system : replicas.systems) system.velocities.clear();
  return replicas;
}

void set_thermostats(const Stage& stage, Replicas& replicas) {
  const int n = static_cast<int>(replicas.systems.size());
  const std::vector<double> temperatures = read_temperatures(stage.input, n);
  const std::string friction = "integrator.friction";  // a key of some methods only
  const std::vector<double> frictions =
      stage.input.takes(friction) ? stage.input.per_replica(friction, n, copies(stage.input))
                                  : std::vector<double>(n);
  replicas.warmest.resize(n);
  for (int r = 0; r < n; ++r) {
    double& temperature = replicas.settings[r].temperature;
    temperature = temperatures.empty() ? 0 : temperatures[r];
    replicas.settings[r].friction = frictions[r];
    replicas.warmest[r] = std::max(replicas.warmest[r], temperature);
  }
}

std::unique_ptr<Simulation> make_simulation(const Stage& stage, const Replicas& replicas,
                                            bool watched) {
  Potential* potential = stage.potential.get();
  if (watched)
    for (const auto& watch : stage.watches) potential = &watch->drive(*potential, replicas);
  const RunOptions& o = stage.options;
  auto simulation = std::make_unique<Simulation>(
      stage.device, o.threads, replicas.systems, replicas.settings, *potential,
      make_integrator(stage.input, o), o.skin, safety_limits(stage, replicas));
  simulation->state().status.upload(replicas.status);
  return simulation;
}

Replicas last_replicas(const Simulation& simulation, const Replicas& start) {
  const State& state = simulation.state();
  Replicas last = start;
  last.status = state.status.download();
  const std::vector<Vec3> x = state.position.download(), v = state.velocity.download();
  for (std::size_t r = 0; r < last.systems.size(); ++r) {
    const auto begin = state.first_atom()[r], end = state.first_atom()[r + 1];
    last.systems[r].positions.assign(x.begin() + begin, x.begin() + end);
    last.systems[r].velocities.assign(v.begin() + begin, v.begin() + end);
  }
  return last;
}

}  // namespace md
