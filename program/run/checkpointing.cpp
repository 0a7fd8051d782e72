#include "program/run/checkpointing.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "md/element_table.hpp"
#include "md/errors.hpp"
#include "md/json.hpp"

namespace md {
namespace {

std::vector<int> bits(const std::vector<Periodicity>& periodic) {
  std::vector<int> numbers;
  for (const Periodicity p : periodic) numbers.push_back(p.bits());
  return numbers;
}

std::vector<double> flat(const std::vector<Mat3>& matrices) {
  std::vector<Vec3> rows;
  for (const Mat3& m : matrices) rows.insert(rows.end(), {m[0], m[1], m[2]});
  return flat(rows);
}

std::vector<Mat3> matrices(const Checkpoint& checkpoint, const std::string& name, std::size_t n) {
  const std::vector<Vec3> rows = vectors(checkpoint, name, 3 * n);
  std::vector<Mat3> result(n);
  for (std::size_t i = 0; i < n; ++i) result[i] = {{rows[3 * i], rows[3 * i + 1], rows[3 * i + 2]}};
  return result;
}

/// Without what the last evaluation gave frozen replicas, which depends on when it was: `first` has
/// where the values of each begin.
template <class T>
std::vector<T> without_frozen(std::vector<T> values, const std::vector<int>& status,
                              const std::vector<int>& first) {
  for (std::size_t r = 0; r < status.size(); ++r)
    if (status[r] == static_cast<int>(Status::quarantined))
      std::fill(values.begin() + first[r], values.begin() + first[r + 1], T{});
  return values;
}

[[noreturn]] void senseless(const Checkpoint& checkpoint, const char* name) {
  throw InputError(checkpoint.source + ": '" + name + "' holds a number that makes no sense");
}

/// Throws InputError unless all numbers lie from low to high (one that is not a number never does).
template <class T>
void check_range(const Checkpoint& checkpoint, const char* name, const std::vector<T>& values,
                 T low, T high) {
  for (const T value : values)
    if (!(value >= low && value <= high)) senseless(checkpoint, name);
}

Json json_of(const std::vector<HashedFile>& files) {
  Json list = Json::array();
  for (const HashedFile& file : files) list.push_back(Json::array({file.path, file.sha256}));
  return list;
}

/// The structure files that a run began with.
std::vector<HashedFile> read_structure_files(const Checkpoint& checkpoint) {
  std::vector<HashedFile> files;
  if (!checkpoint.has("structure_files")) return files;
  const Json list = Json::parse(checkpoint.text("structure_files"));
  for (const Json& file : list.items()) {
    if (file.items().size() != 2 || !file.items()[0].is_text() || !file.items()[1].is_text())
      senseless(checkpoint, "structure_files");
    files.push_back({file.items()[0].text(), file.items()[1].text()});
  }
  return files;
}

}  // namespace

std::vector<double> flat(const std::vector<Vec3>& vectors) {
  std::vector<double> numbers;
  numbers.reserve(3 * vectors.size());
  for (const Vec3& v : vectors) numbers.insert(numbers.end(), {v.x, v.y, v.z});
  return numbers;
}

std::vector<Vec3> vectors(const Checkpoint& checkpoint, const std::string& name, std::size_t n) {
  const std::vector<double>& numbers = checkpoint.doubles(name, 3 * n);
  std::vector<Vec3> result(n);
  for (std::size_t i = 0; i < n; ++i)
    result[i] = {numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]};
  return result;
}

std::string model_hash(const Stage& stage) {
  if (stage.input.text("potential.model").empty()) return "none";
  const std::string path = stage.input.file("potential.model");
  for (const HashedFile& file : stage.files)
    if (file.path == path) return file.sha256;
  return "none";
}

Checkpoint make_checkpoint(Simulation& simulation, const std::string& model, const Samples& samples,
                           const std::vector<FileMark>& marks) {
  const State& s = simulation.state();
  const Safety& safety = simulation.safety();
  const std::vector<int> status = s.status.download();
  std::vector<int> replica(status.size() + 1);
  std::iota(replica.begin(), replica.end(), 0);
  Checkpoint c;
  c.set("model_sha256", model);
  Json files = Json::array();
  for (const FileMark& mark : marks)
    files.push_back({{"bytes", mark.bytes}, {"frames", mark.frames}, {"name", mark.name}});
  c.set("files", files.dump());

  c.set("first_atom", s.first_atom());
  c.set("number", s.number.download());
  c.set("mass", s.mass.download());
  c.set("fixed", s.fixed.download());  // empty where no atom is held
  c.set("periodic", bits(s.periodic.download()));
  c.set("replica_id", s.random_id.download());
  c.set("degrees_of_freedom", s.freedom.download());
  c.set("status", status);
  c.set("fault", s.fault.download());
  c.set("fault_step", s.fault_step.download());
  c.set("step", s.step.download());
  c.set("cell", flat(s.cell.download()));
  c.set("temperature", s.temperature.download());
  c.set("friction", s.friction.download());
  c.set("position", flat(s.position.download()));
  c.set("velocity", flat(s.velocity.download()));
  c.set("force", flat(without_frozen(s.force.download(), status, s.first_atom())));
  c.set("potential", without_frozen(s.potential.download(), status, replica));
  c.set("kinetic", s.kinetic.download());
  c.set("virial", flat(without_frozen(s.virial.download(), status, replica)));
  c.set("neighbor_reference", flat(simulation.neighbors().reference_positions()));
  c.set("kept_step", safety.step.download());
  c.set("kept_position", flat(safety.position.download()));
  c.set("kept_velocity", flat(safety.velocity.download()));
  c.set("kept_force", flat(safety.force.download()));
  c.set("kept_potential", safety.potential.download());
  c.set("samples", samples.pack());
  return c;
}

void add_replicas(Checkpoint& checkpoint, const Replicas& replicas) {
  checkpoint.set("warmest", replicas.warmest);
  checkpoint.set("origins", origins_text(replicas.origins));
  checkpoint.set("structure_files", json_of(replicas.files).dump());
}

Replicas read_replicas(const Checkpoint& checkpoint) {
  const std::vector<int> first = checkpoint.integers_as<int>("first_atom");
  if (first.size() < 2 || first.front() != 0 || !std::is_sorted(first.begin(), first.end()))
    throw InputError(checkpoint.source + ": first_atom makes no sense");
  const std::size_t n = first.size() - 1, n_atoms = first.back();
  const std::vector<int> numbers = checkpoint.integers_as<int>("number", n_atoms);
  const std::vector<double>& masses = checkpoint.doubles("mass", n_atoms);
  const std::vector<int> fixed = checkpoint.integers_as<int>("fixed");
  if (!fixed.empty() && fixed.size() != n_atoms)
    throw InputError(checkpoint.source + ": 'fixed' has another number of atoms");
  const std::vector<int> periodic = checkpoint.integers_as<int>("periodic", n);
  const std::vector<std::uint32_t> ids = checkpoint.integers_as<std::uint32_t>("replica_id", n);
  const std::vector<int> freedom = checkpoint.integers_as<int>("degrees_of_freedom", n);
  const std::vector<Mat3> cells = matrices(checkpoint, "cell", n);
  const std::vector<Vec3> x = vectors(checkpoint, "position", n_atoms);
  const std::vector<Vec3> v = vectors(checkpoint, "velocity", n_atoms);
  const std::vector<double>& temperature = checkpoint.doubles("temperature", n);
  const std::vector<double>& friction = checkpoint.doubles("friction", n);
  Replicas replicas;
  replicas.status = checkpoint.integers_as<int>("status", n);
  constexpr double most = std::numeric_limits<double>::max();
  check_range(checkpoint, "number", numbers, 1, n_elements);
  check_range(checkpoint, "mass", masses, 0.0, most);
  check_range(checkpoint, "fixed", fixed, 0, 1);
  check_range(checkpoint, "periodic", periodic, 0, 7);
  check_range(checkpoint, "degrees_of_freedom", freedom, 0, std::numeric_limits<int>::max());
  check_range(checkpoint, "temperature", temperature, 0.0, most);
  check_range(checkpoint, "friction", friction, 0.0, most);
  check_range(checkpoint, "cell", checkpoint.doubles("cell"), -most, most);
  check_range(checkpoint, "status", replicas.status, 0, static_cast<int>(Status::stopped));
  replicas.systems.resize(n);
  replicas.settings.resize(n);
  for (std::size_t r = 0; r < n; ++r) {
    Structure& system = replicas.systems[r];
    system.numbers.assign(numbers.begin() + first[r], numbers.begin() + first[r + 1]);
    system.positions.assign(x.begin() + first[r], x.begin() + first[r + 1]);
    system.velocities.assign(v.begin() + first[r], v.begin() + first[r + 1]);
    system.masses.assign(masses.begin() + first[r], masses.begin() + first[r + 1]);
    if (!fixed.empty()) system.fixed.assign(fixed.begin() + first[r], fixed.begin() + first[r + 1]);
    drop_standard_masses(system);
    system.cell = cells[r];
    system.periodic = Periodicity::from_bits(periodic[r]);
    system.source = checkpoint.source + ", replica " + std::to_string(r);
    replicas.settings[r] = {temperature[r], friction[r], ids[r], freedom[r]};
  }
  for (std::size_t r = 0; r < n; ++r) {  // what a bad one has is never used
    if (replicas.status[r] == static_cast<int>(Status::quarantined)) continue;
    const Structure& system = replicas.systems[r];
    check_range(checkpoint, "position", flat(system.positions), -most, most);
    check_range(checkpoint, "velocity", flat(system.velocities), -most, most);
  }
  replicas.files = read_structure_files(checkpoint);
  replicas.origins = read_origins(checkpoint.has("origins") ? checkpoint.text("origins") : "[]", n);
  replicas.warmest = checkpoint.has("warmest") ? checkpoint.doubles("warmest", n) : temperature;
  return replicas;
}

Replicas continued_replicas(const Checkpoint& checkpoint, const Stage& stage) {
  const std::string before = checkpoint.text("model_sha256"), now = model_hash(stage);
  if (before != now)
    throw InputError(checkpoint.source + ": was made with another potential.model (SHA-256 " +
                     before.substr(0, 12) + "..., now " + now.substr(0, 12) +
                     "...); the same file is wanted");
  Replicas replicas = read_replicas(checkpoint);
  set_thermostats(stage, replicas);
  check_replicas(stage, replicas);
  return replicas;
}

void restore(const Checkpoint& checkpoint, Simulation& simulation, Samples& samples) {
  State& s = simulation.state();
  Safety& safety = simulation.safety();
  const std::size_t n_atoms = s.n_atoms(), n = s.n_replicas();
  constexpr std::int64_t most_steps = std::numeric_limits<std::int64_t>::max() / 2;
  const std::vector<std::int64_t>& step = checkpoint.integers("step", 1);
  check_range(checkpoint, "step", step, std::int64_t{0}, most_steps);
  check_range(checkpoint, "kept_step", checkpoint.integers("kept_step"), std::int64_t{-1}, step[0]);
  s.fault.upload(checkpoint.integers_as<int>("fault", n));
  s.fault_step.upload(checkpoint.integers("fault_step", n));
  s.step.upload(step);
  s.force.upload(vectors(checkpoint, "force", n_atoms));
  s.potential.upload(checkpoint.doubles("potential", n));
  s.kinetic.upload(checkpoint.doubles("kinetic", n));
  s.virial.upload(matrices(checkpoint, "virial", n));
  simulation.neighbors().restore(vectors(checkpoint, "neighbor_reference", n_atoms),
                                 simulation.stream());
  safety.step.upload(checkpoint.integers("kept_step", Safety::slots * n));
  safety.position.upload(vectors(checkpoint, "kept_position", Safety::slots * n_atoms));
  safety.velocity.upload(vectors(checkpoint, "kept_velocity", Safety::slots * n_atoms));
  safety.force.upload(vectors(checkpoint, "kept_force", Safety::slots * n_atoms));
  safety.potential.upload(checkpoint.doubles("kept_potential", Safety::slots * n));
  int frozen = 0;
  for (int status : s.status.download()) frozen += status == static_cast<int>(Status::quarantined);
  safety.set_frozen(frozen);
  samples.unpack(checkpoint.doubles("samples", Samples::n_values * n));
}

}  // namespace md
