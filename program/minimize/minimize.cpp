#include <fmt/format.h>

#include "md/minimizer/minimizer.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/frames.hpp"
#include "program/progress.hpp"
#include "program/result_file.hpp"
#include "program/run/minimize_options.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// Hands out the frames that are not done yet and writes what comes of them. Returns how many of
/// all did not converge.
std::size_t minimize_frames(Minimizer& minimizer, Frames& frames, ResultFile& file, bool virial,
                            bool show) {
  const std::size_t first = file.found();
  const auto n = static_cast<std::int64_t>(frames.size());
  for (std::size_t k = 0; k < first; ++k) frames.next();
  std::size_t bad = file.found_with(" converged=F"), done = first;
  Progress progress("minimize", static_cast<std::int64_t>(first), n, show);
  minimizer.minimize([&] { return frames.next(); },
                     [&](std::size_t index, Minimized m) {
                       std::string text;
                       append_result(text, m.structure, m.evaluation, virial,
                                     {{"converged", m.converged ? "T" : "F"},
                                      {"minimize_steps", std::to_string(m.steps)}});
                       file.add(first + index, std::move(text));
                       bad += m.converged ? 0 : 1;
                       progress.update(static_cast<std::int64_t>(++done));
                     });
  return bad;
}

ExitCode minimize_verb(const CommandLine& line) {
  Input input = read_input(line);
  choose_components(input, "minimize");
  output_file(input);
  const MinimizeOptions options = read_minimize_options(input);
  Evaluator evaluator = make_evaluator(input, {});
  bool periodic = false;
  Frames frames(input, [&](const std::vector<Structure>& piece) {
    check_systems(input, evaluator.potential(), evaluator.device(), piece);
    periodic = check_cells(input, options, evaluator.potential(), piece) || periodic;
  });
  if (!periodic) check_no_cells(input, options);

  ResultFile file(input, "minimize");
  Minimizer minimizer(evaluator, options);
  const std::size_t n = frames.size();
  const std::size_t bad =
      minimize_frames(minimizer, frames, file, evaluator.potential().traits().virial,
                      input.choice("run.progress") == "auto");
  file.finish();
  fmt::print("{} of {} systems converged, written to {}\n", n - bad, n, file.path());
  if (bad == 0) return ExitCode::done;
  warn(fmt::format("{} of {} systems did not converge within {} steps: converged=F in {}", bad, n,
                   options.max_steps, file.path()));
  return ExitCode::quarantined;
}

const bool registered = verbs().add(
    "minimize", {42,
                 "minimize --system.structure=in.xyz --output.file=out.xyz --potential.name=...",
                 "bring every frame of structure files to the nearest minimum of the energy",
                 R"(understudy minimize --system.structure=in.xyz[,more.pdb] --output.file=out.xyz
                    --potential.name=NAME [--potential.model=FILE] [--minimize.key=value ...]
Brings every frame to rest, many at once: what has converged leaves the batch, others enter. Writes
extended XYZ in the order of the input, as `understudy energy` does, with converged=T or F and
minimize_steps, the evaluations after the first. A frame that has not converged stands where its
energy was lowest; then the exit code is 3. Atoms that the file (move_mask) or system.fixed holds
stay where they are. minimize.cell = isotropic or full moves the cell of periodic systems too, to
zero stress. Use float64 for tolerances below 0.001 eV/A. Until the file is whole it is called
FILE.part-..., and the same command goes on with what a killed one left.
)",
                 {"system", "potential", "minimize", "output", "run"},
                 minimize_verb,
                 {"system.structure", "output.file", "potential.name"}});

}  // namespace
}  // namespace md
