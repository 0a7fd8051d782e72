#include "md/program/evaluate_frames.hpp"

#include "md/program/progress.hpp"
#include "md/program/run_options.hpp"

namespace md {
namespace {

// A batch ends when it has this many atoms or systems.
constexpr int batch_atoms = 4096, batch_systems = 256;

}  // namespace

void evaluate_frames(
    const Input& input, const Device& device, std::unique_ptr<Potential>& potential,
    const std::vector<Structure>& frames, const std::string& what,
    const std::function<void(std::span<const Structure>, std::size_t, const Frame&)>& take) {
  const bool virial = potential->traits().virial;
  Progress progress(what, 0, static_cast<std::int64_t>(frames.size()),
                    input.choice("run.progress") == "auto");
  for (std::size_t begin = 0; begin < frames.size();) {
    std::size_t end = begin;
    for (int atoms = 0; end < frames.size() && end - begin < batch_systems &&
                        (end == begin || atoms + frames[end].size() <= batch_atoms);
         ++end)
      atoms += frames[end].size();
    const std::vector<Structure> batch(frames.begin() + static_cast<std::ptrdiff_t>(begin),
                                       frames.begin() + static_cast<std::ptrdiff_t>(end));
    Simulation simulation(device, read_threads(input), batch,
                          std::vector<ReplicaSettings>(batch.size()), std::move(potential), nullptr,
                          0, {});
    simulation.evaluate(virial);
    Frame results;
    simulation.read(results, false, true, virial);
    potential = simulation.release_potential();
    take(batch, begin, results);
    begin = end;
    progress.update(static_cast<std::int64_t>(begin));
  }
}

}  // namespace md
