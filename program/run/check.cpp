#include <fmt/format.h>

#include <chrono>

#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/run/disk.hpp"
#include "program/run/inputs.hpp"
#include "program/run/memory.hpp"
#include "program/run/stage.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// The replica whose forces the potential trusts least, where it says.
void print_uncertainty(Simulation& simulation) {
  const auto said = simulation.uncertainty();
  if (said.empty()) return;
  std::size_t worst = 0;
  for (std::size_t r = 1; r < said.size(); ++r)
    if (!(said[r].error <= said[worst].error)) worst = r;
  const double threshold = simulation.potential().traits().uncertainty_threshold;
  fmt::print(
      "# uncertainty: at most {:.3g} eV/A estimated error of the forces, of replica {}, "
      "atom {}; unusual above {:.3g}\n",
      said[worst].error, worst, said[worst].atom + 1, threshold);
}

/// Returns what the next stage would start from.
Replicas check_stage(Input input, const Replicas* previous) {
  const Stage stage(std::move(input));
  const Replicas start = start_replicas(stage, previous);
  const RunOptions& o = stage.options;
  check_output_folder(stage.input, o.directory, true, "");
  fmt::print("{}\n", stage.input.resolved());
  require_memory(stage, start);
  auto simulation = make_simulation(stage, start);
  using Clock = std::chrono::steady_clock;
  const bool virial = simulation->potential().traits().virial;
  const MemoryNeed memory = evaluate_and_measure(*simulation, o, virial);
  double step = 1e300;  // the shortest: the first calls also warm up
  for (int k = 0; k < 4; ++k) {
    const auto start = Clock::now();
    simulation->evaluate(false);
    step = std::min(step, std::chrono::duration<double>(Clock::now() - start).count());
  }

  const State& state = simulation->state();
  Frame frame;
  simulation->read(frame, false, true, false);
  double largest = 0;
  for (const Vec3& f : frame.force) largest = std::max(largest, norm(f));
  fmt::print(
      "# {} replicas, {} atoms; the potential energy of replica 0 is {:.9f} eV, the largest force "
      "{:.4g} eV/A\n",
      state.n_replicas(), state.n_atoms(), frame.potential[0], largest);
  print_uncertainty(*simulation);
  for (const auto& [name, value] : stage.potential_description)
    fmt::print("# {}: {}\n", name, value);
  fmt::print(
      "# device: {}\n# memory: about {} ({} free)\n"
      "# disk: about {} ({} free)\n# time: about {} for {} steps, from one evaluation in {:.3g} "
      "ms\n",
      describe(stage.device, o.threads), memory_text(memory, stage.device),
      size_text(static_cast<double>(free_memory(stage.device))),
      size_text(disk_need(o, state.n_atoms(), state.n_replicas())),
      size_text(free_disk(o.directory)), duration_text(step * static_cast<double>(o.steps)),
      o.steps, 1e3 * step);
  if (!o.overwrite && holds_files(o.directory))
    fmt::print(
        "# output.directory: {} is not empty: the run will want --output.overwrite=yes, "
        "or continue it with `understudy restart`\n",
        o.directory);
  if (simulation->n_frozen() > 0)
    warn("the start is bad already for " + std::to_string(simulation->n_frozen()) + " replicas");
  warn_of_small_memory(memory);
  warn_of_small_disk(o, state.n_atoms(), state.n_replicas());
  return last_replicas(*simulation, start);
}

ExitCode check_verb(const CommandLine& line) {
  std::vector<Input> inputs = read_inputs(line);
  check_separate_folders(inputs);
  Replicas last;
  for (std::size_t k = 0; k < inputs.size(); ++k)
    last = check_stage(std::move(inputs[k]), k == 0 ? nullptr : &last);
  return ExitCode::done;
}

const bool registered = verbs().add(
    "check",
    {30, "check [INPUT.ini ...] [--section.key=value ...]",
     "read everything, evaluate the potential once, say what the run will need; writes nothing",
     R"(understudy check [INPUT.ini ...] [--section.key=value ...]
Reads and checks what `understudy run` would, evaluates the potential once, and prints the
resolved input, memory, disk space and time that the run will need. Writes nothing. A folder that
is not empty is no fault here; it says what the run will want.
)",
     run_sections(), check_verb, needed_by_runs(), true});

}  // namespace
}  // namespace md
