#include "program/run/stage.hpp"

#include <limits>

#include "md/errors.hpp"
#include "md/file_hash.hpp"
#include "md/text.hpp"
#include "md/velocities.hpp"
#include "program/components.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

std::vector<Structure> read_systems(const Input& input, std::vector<HashedFile>& files) {
  std::vector<Structure> systems;
  for (const std::string& path : input.files("system.structure")) {
    for (Structure& system : read_structure_file(input, path)) systems.push_back(std::move(system));
    files.push_back({path, sha256_of_file(path)});
  }
  return systems;
}

/// Copies of every frame: replica = frame * replicas + copy.
std::vector<Structure> replicate(std::vector<Structure> frames, int copies) {
  if (copies == 1) return frames;
  std::vector<Structure> systems;
  systems.reserve(frames.size() * copies);
  for (const Structure& frame : frames) systems.insert(systems.end(), copies, frame);
  return systems;
}

/// Velocities at the start as [system] velocities says, and drift; sets the degrees of freedom.
void start_moving(Stage& stage, const std::vector<double>& temperatures) {
  const Input& input = stage.input;
  const RunOptions& o = stage.options;
  for (std::size_t r = 0; r < stage.systems.size(); ++r) {
    Structure& system = stage.systems[r];
    const bool from_file = !system.velocities.empty();
    const bool drawable = !temperatures.empty();
    if (o.velocities == "file" && !from_file)
      input.fail("system.velocities", "is file, but " + system.source + " has no velocities");
    if (o.velocities == "maxwell" && !drawable)
      input.fail("system.velocities", "is maxwell, which needs integrator.temperature");
    if (o.velocities == "zero") {
      system.velocities.assign(system.numbers.size(), {});
    } else if (o.velocities == "maxwell" || (o.velocities == "auto" && !from_file && drawable)) {
      draw_velocities(system, temperatures[r], o.seed, stage.settings[r].id);
    } else if (!from_file) {
      system.velocities.assign(system.numbers.size(), {});
    }
  }
}

/// Removes drift at the start and counts the degrees of freedom that are left.
void settle(Stage& stage, bool remove) {
  for (std::size_t r = 0; r < stage.systems.size(); ++r) {
    int& freedom = stage.settings[r].freedom;
    freedom = 3 * stage.systems[r].size();
    if (!remove) continue;
    const int removed = remove_drift(stage.systems[r]);
    // What a thermostat or an outer potential brings back was never lost.
    if (stage.integrator->conserves_momentum() && stage.potential->traits().translation_invariant)
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

bool is_without_drift(const LastState& state) {
  for (std::size_t r = 0; r < state.systems.size(); ++r)
    if (state.freedom[r] < 3 * state.systems[r].size()) return true;
  return false;
}

/// [system] of a later stage: only what may be asked of a state that is handed over.
void take_over(Stage& stage, const LastState& previous) {
  const Input& input = stage.input;
  if (input.has("system.structure"))
    warn(input.text("system.structure") +
         " is not read: this stage starts from the last state of the one before");
  if (stage.options.replicas != 1 &&
      stage.options.replicas != static_cast<int>(previous.systems.size()))
    input.fail("system.replicas", "a later stage goes on with the replicas of the one before");
  stage.systems = previous.systems;
  stage.status = previous.status;
}

void add_model(Stage& stage, const std::string& key) {
  if (stage.input.text(key).empty()) return;
  const std::string model = stage.input.file(key);
  stage.files.push_back({model, sha256_of_file(model)});
}

}  // namespace

void check_potentials(const Stage& stage) {
  check_systems(stage.input, *stage.potential, stage.device, stage.systems);
  if (!stage.teacher) return;
  check_systems(stage.input.standing_in("teacher", "potential"), stage.teacher->potential(),
                stage.device, stage.systems, stage.audit.policy == AuditOptions::Policy::handover);
}

Batch Stage::batch() const {
  Batch batch;
  batch.first_atom = first_atoms(systems);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    batch.numbers.insert(batch.numbers.end(), systems[r].numbers.begin(), systems[r].numbers.end());
    batch.periodic.push_back(systems[r].periodic);
    batch.ids.push_back(settings[r].id);
  }
  return batch;
}

Stage prepare_components(Input input) {
  choose_components(input, "run");
  Stage stage{std::move(input), {}, {}, {}, {}, {}, {}, nullptr, nullptr, {}, false};
  stage.options = read_run_options(stage.input);
  stage.device = read_device(stage.input);
  stage.integrator = integrators()
                         .find(stage.input.text("integrator.method"))
                         .make({stage.input, stage.options.time_step, stage.options.seed});
  if (stage.integrator->needs_temperature() && stage.input.text("integrator.temperature").empty())
    stage.input.fail("integrator.temperature",
                     "is missing: " + stage.input.text("integrator.method") + " needs one");
  stage.thermostat = stage.integrator->needs_temperature();
  stage.audit = read_audit_options(stage.input, stage.options.time_step);
  stage.potential = make_potential(stage.input, stage.device);
  stage.potential_description = stage.potential->describe();
  add_model(stage, "potential.model");
  if (stage.audit.enabled) {
    stage.teacher = std::make_unique<TimedEvaluator>(make_teacher(stage.input, stage.device),
                                                     stage.device, stage.options.threads);
    add_model(stage, "teacher.model");
  }
  return stage;
}

Stage prepare_stage(Input input, const LastState* previous) {
  std::vector<HashedFile> files;
  std::vector<Structure> frames;
  choose_components(input, "run");
  if (!previous) frames = read_systems(input, files);
  Stage stage = prepare_components(std::move(input));
  stage.files.insert(stage.files.end(), files.begin(), files.end());
  const RunOptions& o = stage.options;
  if (previous)
    take_over(stage, *previous);
  else
    stage.systems = replicate(std::move(frames), o.replicas);
  const std::size_t n = stage.systems.size();
  if (n > 100'000'000) stage.input.fail_value("system.replicas", "makes too many replicas");
  check_potentials(stage);

  const int count = static_cast<int>(n);
  const Input& in = stage.input;
  const std::vector<double> temperatures = read_temperatures(in, count);
  if (o.first_id > std::numeric_limits<std::uint32_t>::max() - n)
    in.fail_value("system.replica_id", "leaves no numbers for all replicas");
  stage.settings.resize(n);
  for (std::size_t r = 0; r < n; ++r) {
    const bool own = !previous || in.has("system.replica_id");
    stage.settings[r].id = own ? o.first_id + static_cast<std::uint32_t>(r) : previous->ids[r];
  }
  set_thermostats(stage);
  if (stage.status.empty()) stage.status.assign(n, static_cast<int>(Status::running));

  start_moving(stage, temperatures);
  // A later stage has drift only if an earlier one left it in or brought it back.
  const bool fresh = !previous || o.velocities == "maxwell" || in.has("system.remove_drift");
  stage.drift_removed = fresh ? o.remove_drift : is_without_drift(*previous);
  settle(stage, stage.drift_removed);
  return stage;
}

void set_thermostats(Stage& stage) {
  const int n = static_cast<int>(stage.systems.size());
  const std::vector<double> temperatures = read_temperatures(stage.input, n);
  const std::string friction = "integrator.friction";  // a key of some methods only
  const std::vector<double> frictions =
      stage.input.takes(friction) ? stage.input.per_replica(friction, n, copies(stage.input))
                                  : std::vector<double>(n);
  for (int r = 0; r < n; ++r) {
    stage.settings[r].temperature = temperatures.empty() ? 0 : temperatures[r];
    stage.settings[r].friction = frictions[r];
  }
}

std::unique_ptr<Simulation> make_simulation(Stage& stage) {
  if (stage.audit.enabled && stage.audit.policy == AuditOptions::Policy::handover) {
    stage.handover = std::make_unique<HandoverPotential>(*stage.potential, *stage.teacher,
                                                         stage.systems, stage.options.skin);
  }
  Potential& potential = stage.handover ? *stage.handover : *stage.potential;
  auto simulation = std::make_unique<Simulation>(
      stage.device, stage.options.threads, stage.systems, stage.settings, potential,
      std::move(stage.integrator), stage.options.skin, stage.options.limits);
  simulation->state().status.upload(stage.status);
  return simulation;
}

LastState first_state(const Stage& stage) {
  LastState state{stage.systems, {}, stage.status, {}};
  for (const ReplicaSettings& settings : stage.settings) {
    state.freedom.push_back(settings.freedom);
    state.ids.push_back(settings.id);
  }
  return state;
}

LastState last_state(const Simulation& simulation, const Stage& stage) {
  const State& state = simulation.state();
  LastState last{stage.systems, state.freedom.download(), state.status.download(),
                 state.random_id.download()};
  const std::vector<Vec3> x = state.position.download(), v = state.velocity.download();
  for (std::size_t r = 0; r < last.systems.size(); ++r) {
    const auto begin = state.first_atom()[r], end = state.first_atom()[r + 1];
    last.systems[r].positions.assign(x.begin() + begin, x.begin() + end);
    last.systems[r].velocities.assign(v.begin() + begin, v.begin() + end);
  }
  return last;
}

}  // namespace md
