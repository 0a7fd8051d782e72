#include "program/bench/bench.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "md/files.hpp"
#include "md/input/quantity.hpp"
#include "md/simulation.hpp"
#include "md/text.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/random_moves.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

constexpr int most_trials = 1'000'000;
constexpr double jitter = 0.01;  // A; every trial has new positions, so that nothing is kept

std::vector<int> sizes(const Input& input, const std::string& key) {
  std::vector<int> result;
  for (const std::string& word : split(input.required(key), ',')) {
    std::int64_t n = 0;
    try {
      n = parse_integer(word);
    } catch (const InputError& error) {
      input.fail(key, error.what());
    }
    if (n < 1 || n > 100'000) input.fail(key, "'" + word + "' must lie between 1 and 100000");
    result.push_back(static_cast<int>(n));
  }
  return result;
}

/// What is taken on the device, and not only kept for later by the allocator.
double held_bytes(const Device& device) {
  malloc_trim(0);
  return taken_memory(device);
}

struct Workload {
  std::string name;
  std::vector<Structure> systems;
};

int atoms_of(const Workload& batch) {
  int n = 0;
  for (const Structure& s : batch.systems) n += s.size();
  return n;
}

/// Moves the batch and evaluates it; ms.
double trial(Simulation& simulation, const Workload& batch, RandomMoves& random) {
  std::vector<Vec3> x;
  for (const Structure& system : batch.systems)
    for (const Vec3& p : random.shaken(system, jitter).positions) x.push_back(p);
  simulation.state().position.upload(x);
  simulation.stream().synchronize();
  const auto start = std::chrono::steady_clock::now();
  simulation.evaluate(false);
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  return time.count();
}

/// Batches on all models, one trial of each in turn, so that all see the same machine.
class Contest {
 public:
  Contest(const Input& input, const std::vector<BenchModel>& models, const Device& device)
      : models_(models),
        device_(device),
        threads_(read_threads(input)),
        trials_(static_cast<int>(input.integer("bench.trials", 1, most_trials))),
        warm_up_(static_cast<int>(input.integer("bench.warm_up", 0, most_trials))) {
    for (const BenchModel& model : models) {
      const double before = held_bytes(device);
      potentials_.push_back(make_potential(model.input, device));
      memory_.push_back(held_bytes(device) - before);
    }
  }

  BenchRow run(const Workload& batch) {
    BenchRow row{batch.name, static_cast<int>(batch.systems.size()), atoms_of(batch), {}, {}};
    std::vector<std::unique_ptr<Simulation>> simulations;
    for (std::size_t m = 0; m < models_.size(); ++m) {
      const double before = held_bytes(device_);
      check_systems(models_[m].input, *potentials_[m], device_, batch.systems);
      // No skin: the neighbor lists are built anew in every trial.
      simulations.push_back(std::make_unique<Simulation>(
          device_, threads_, batch.systems, std::vector<ReplicaSettings>(batch.systems.size()),
          *potentials_[m], nullptr, 0, SafetyLimits{}));
      RandomMoves random;
      for (int k = 0; k < std::max(1, warm_up_); ++k) trial(*simulations[m], batch, random);
      memory_[m] += held_bytes(device_) - before;
      row.memory.push_back(memory_[m] / 1048576);
    }
    std::vector<std::vector<double>> times(models_.size());
    std::vector<RandomMoves> randoms(models_.size());  // the same positions for all
    for (int k = 0; k < trials_; ++k)
      for (std::size_t m = 0; m < models_.size(); ++m)
        times[m].push_back(trial(*simulations[m], batch, randoms[m]) / row.molecules);
    for (const auto& simulation : simulations)
      if (simulation->n_frozen() > 0)
        throw NumericalError(batch.name + ": an energy or a force is not a finite number");
    for (std::vector<double>& t : times) row.times.push_back(spread_of(std::move(t)));
    return row;
  }

  int trials() const { return trials_; }
  int threads() const { return threads_; }

 private:
  const std::vector<BenchModel>& models_;
  Device device_;
  int threads_, trials_, warm_up_;
  std::vector<std::unique_ptr<Potential>> potentials_;
  std::vector<double> memory_;  // bytes that each model has added to the process so far
};

std::vector<Workload> batches_of(const Input& input) {
  const std::vector<Structure> molecules = read_all_structures(input);
  std::vector<Workload> batches;
  for (const Structure& m : molecules) batches.push_back({"alone: " + formula(m.numbers), {m}});
  for (const int n : sizes(input, "bench.batches")) {
    Workload batch{"batch of " + std::to_string(n), {}};
    for (int k = 0; k < n; ++k) batch.systems.push_back(molecules[k % molecules.size()]);
    batches.push_back(std::move(batch));
  }
  for (const int atoms : sizes(input, "bench.atoms")) {
    const Structure cluster = water_cluster(std::max(1, (atoms + 1) / 3));
    batches.push_back({"(H2O)n of " + std::to_string(cluster.size()) + " atoms", {cluster}});
  }
  return batches;
}

ExitCode bench_verb(const CommandLine& line) {
  const Input input = read_input(line);
  const std::string folder = input.file("output.directory");
  check_output_folder(input, folder, input.flag("output.overwrite"), "");
  const Device device = read_device(input);
  std::vector<BenchModel> models{bench_model(input, "student")};
  if (!input.text("bench.teacher").empty()) models.push_back(bench_model(input, "teacher"));
  const std::vector<Workload> batches = batches_of(input);
  Contest contest(input, models, device);

  std::vector<BenchRow> rows;
  Progress progress("bench", 0, static_cast<std::int64_t>(batches.size()),
                    input.choice("run.progress") == "auto");
  for (const Workload& batch : batches) {
    rows.push_back(contest.run(batch));
    progress.update(static_cast<std::int64_t>(rows.size()));
  }
  progress.clear();
  const std::string name = describe(device, contest.threads());
  const std::string table = bench_table(models, name, contest.trials(), rows);
  const FolderLock lock = make_output_folder(folder);
  write_file(folder + "/bench.json", bench_json(models, name, contest.trials(), rows));
  write_file(folder + "/bench.log", table);
  fmt::print("{}\nwritten to {}: bench.json, bench.log\n", table, folder);
  return ExitCode::done;
}

const bool section_registered = sections().add(
    "bench", {110,
              "models to time",
              {{"student", Kind::file, "", "model file, .safetensors or .ts", ""},
               {"teacher", Kind::file, "", "likewise; without it only the student is timed", ""},
               {"batches", Kind::text, "1, 8, 16, 64", "how many molecules at once", ""},
               {"atoms", Kind::text, "10, 20, 50", "sizes of water clusters, about", ""},
               {"trials", Kind::integer, "30", "timed evaluations of each batch", ""},
               {"warm_up", Kind::integer, "5", "evaluations before them", ""}}});

const bool registered = verbs().add(
    "bench", {70,
              "bench --bench.student=FILE --bench.teacher=FILE --system.structure=in.xyz ...",
              "how much faster a student is than its teacher, for single molecules and batches",
              R"(understudy bench [INPUT.ini] --bench.student=FILE [--bench.teacher=FILE]
                 --system.structure=molecules.xyz --output.directory=DIR [--section.key=value ...]
Times energy and forces of both models: of every molecule alone, of batches that take the molecules
in turn, and of water clusters of some sizes. In each trial all positions are new and the neighbor
lists with them; the models take turns, so that both see the same machine. Prints the median, the
fastest and the quartiles in ms per molecule, memory, parameters and the speed-up, beside published
figures, and writes bench.json and bench.log. [potential] precision and [run] count for both.
)",
              {"system", "potential", "output", "run", "bench"},
              bench_verb,
              {"bench.student", "system.structure", "output.directory"}});

}  // namespace
}  // namespace md
