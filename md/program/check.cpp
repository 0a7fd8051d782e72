#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "md/program/folder.hpp"
#include "md/program/progress.hpp"
#include "md/program/schema.hpp"
#include "md/program/stage.hpp"
#include "md/program/verbs.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

std::string size_text(double bytes) {
  const char* const units[]{"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  for (; bytes >= 1000 && unit < 4; ++unit) bytes /= 1000;
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

/// Bytes that the trajectories, the log and the checkpoints will take.
double disk_space(const RunOptions& o, double atoms, double replicas) {
  const double frames = static_cast<double>(o.steps / o.every + 1);
  const double arrays = 1 + o.write_velocities + o.write_forces;
  double bytes = static_cast<double>(o.steps / o.log_every + 1) * replicas * 100;
  for (const std::string& format : o.formats)
    bytes += frames * (format == "amber" ? 12 * arrays * atoms + 80 * replicas
                                         : (4 + 57 * arrays) * atoms + 150 * replicas);
  return bytes + o.keep * (24 * 3 * 5 + 32) * atoms;
}

double free_disk(fs::path folder) {
  while (!fs::exists(folder) && folder.has_parent_path()) folder = folder.parent_path();
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? 0 : static_cast<double>(space.available);
}

void check_stage(const Input& input, const LastState* previous, LastState& last) {
  Stage stage = prepare_stage(input, previous);
  const RunOptions o = stage.options;
  check_output_folder(stage.input, o.directory, o.overwrite);
  fmt::print("{}\n", stage.input.resolved());
  auto simulation = make_simulation(stage);
  using Clock = std::chrono::steady_clock;
  simulation->evaluate(false);  // the first call also warms up
  const auto start = Clock::now();
  simulation->evaluate(false);
  const double step = std::chrono::duration<double>(Clock::now() - start).count();

  const State& state = simulation->state();
  Frame frame;
  simulation->read(frame, false, true, false);
  double largest = 0;
  for (const Vec3& f : frame.force) largest = std::max(largest, norm(f));
  fmt::print(
      "# {} replicas, {} atoms; the potential energy of replica 0 is {:.9f} eV, the largest force "
      "{:.4g} eV/A\n",
      state.n_replicas(), state.n_atoms(), frame.potential[0], largest);
  for (const std::string& line : stage.potential_description) fmt::print("# {}\n", line);
  const double bytes = disk_space(o, state.n_atoms(), state.n_replicas());
  fmt::print(
      "# device: {}\n# memory: about {} for state and neighbor lists ({} free)\n"
      "# disk: about {} ({} free)\n# time: about {} for {} steps, from one evaluation in {:.3g} "
      "ms\n",
      describe(stage.device, o.threads), size_text(static_cast<double>(simulation->bytes())),
      size_text(static_cast<double>(free_memory(stage.device))), size_text(bytes),
      size_text(free_disk(o.directory)), duration_text(step * static_cast<double>(o.steps)),
      o.steps, 1e3 * step);
  if (simulation->n_frozen() > 0)
    warn("the start is bad already for " + std::to_string(simulation->n_frozen()) + " replicas");
  last = last_state(*simulation, stage);
}

}  // namespace

ExitCode check_verb(const CommandLine& line) {
  if (line.arguments.empty()) throw InputError("command line: check needs an input file");
  std::vector<Input> inputs;
  for (const std::string& path : line.arguments) {
    inputs.emplace_back(full_schema());
    inputs.back().read_file(path);
    apply_overrides(inputs.back(), line);
  }
  check_separate_folders(inputs);
  LastState last;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    LastState next;
    check_stage(inputs[k], k == 0 ? nullptr : &last, next);
    last = std::move(next);
  }
  return ExitCode::done;
}

}  // namespace md
