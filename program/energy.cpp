#include <fmt/format.h>

#include "md/evaluator.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/frames.hpp"
#include "program/progress.hpp"
#include "program/result_file.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// The frames of one batch, the first of which is `ahead`; then that is the one after them.
std::vector<Structure> next_batch(Frames& frames, std::optional<Structure>& ahead) {
  std::vector<Structure> batch;
  while (ahead) {
    batch.push_back(std::move(*ahead));
    if (Evaluator::batch_end(batch, 0) < batch.size()) {
      ahead = std::move(batch.back());
      batch.pop_back();
      break;
    }
    ahead = frames.next();
  }
  return batch;
}

ExitCode energy_verb(const CommandLine& line) {
  Input input = read_input(line);
  choose_components(input, "energy");
  output_file(input);
  Evaluator evaluator = make_evaluator(input, {});
  Frames frames(input, [&](const std::vector<Structure>& piece) {
    check_systems(input, evaluator.potential(), evaluator.device(), piece);
  });
  const bool virial = evaluator.potential().traits().virial;

  ResultFile file(input, "energy");
  Progress progress("energy", 0, static_cast<std::int64_t>(frames.size()),
                    input.choice("run.progress") == "auto");
  // Batches begin where they do without an interruption, so that their bits are the same.
  std::size_t begin = 0;
  for (std::optional<Structure> ahead = frames.next(); ahead;) {
    const std::vector<Structure> batch = next_batch(frames, ahead);
    if (begin + batch.size() > file.found()) {
      const std::vector<Evaluation> results = evaluator.evaluate(batch, virial);
      for (std::size_t r = 0; r < batch.size(); ++r) {
        std::string text;
        append_result(text, batch[r], results[r], virial);
        file.add(begin + r, std::move(text));
      }
    }
    begin += batch.size();
    progress.update(static_cast<std::int64_t>(begin));
  }
  progress.clear();
  file.finish();
  fmt::print("{} frames written to {}\n", frames.size(), file.path());
  return ExitCode::done;
}

const bool registered = verbs().add(
    "energy", {40,
               "energy --system.structure=in.xyz --output.file=out.xyz --potential.name=...",
               "energies, forces and (periodic) stress of every frame of structure files",
               R"(understudy energy --system.structure=in.xyz[,more.pdb] --output.file=out.xyz
                  --potential.name=NAME [--potential.model=FILE] [--potential.key=value ...]
Energies, forces and, of periodic frames where the potential has a virial, stress, as extended XYZ
in the order of the input (eV, eV/A, eV/A^3, ASE's sign of the stress). Frames are evaluated in
batches; periodic and aperiodic ones may be mixed. What else an extended XYZ frame says, keys and
columns, is written again; energy, forces and stress of others become reference_energy and so on.
A file that is there is replaced with --output.overwrite=yes only, one that is read never; until
it is whole it is called FILE.part-..., and the same command goes on with what a killed one left.
Sections [potential] and [run] as in `understudy help run`; they may also stand in an
INPUT.ini given first.
)",
               {"system", "potential", "output", "run"},
               energy_verb,
               {"system.structure", "output.file", "potential.name"}});

}  // namespace
}  // namespace md
