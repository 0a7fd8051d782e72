#include "program/run/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "md/device/host_memory.hpp"
#include "program/components.hpp"
#include "program/run/disk.hpp"

namespace md {
namespace {

/// The first replicas, of so many atoms that what grows with them shows.
Replicas first_replicas(const Replicas& all, int atoms) {
  Replicas few;
  for (std::size_t r = 0; r < all.systems.size() && atoms > 0; ++r) {
    few.systems.push_back(all.systems[r]);
    few.settings.push_back(all.settings[r]);
    few.status.push_back(all.status[r]);
    few.warmest.push_back(all.warmest[r]);
    atoms -= all.systems[r].size();
  }
  return few;
}

}  // namespace

void require_memory(const Stage& stage, const Replicas& replicas) {
  const Device& device = stage.device;
  double atoms = 0;
  for (const Structure& s : replicas.systems) atoms += s.size();
  // Nothing here takes more for an atom, B, so that most runs need no measurement.
  const double most = device.is_cuda() ? 400e3 : 40e3;
  const auto free = static_cast<double>(free_memory(device)),
             free_on_host = static_cast<double>(free_memory(Device{}));
  if (most * atoms < std::min(free, free_on_host)) return;
  const Replicas few = first_replicas(replicas, 4000);
  if (few.systems.size() == replicas.systems.size()) return;
  const RunOptions& o = stage.options;
  const MemoryNeed need = evaluate_and_measure(*make_simulation(stage, few, false), o,
                                               stage.potential->traits().virial);
  // On a CPU a potential works through pieces of the batch, in the same memory for each.
  const double by_replica = 1 / static_cast<double>(few.systems.size()),
               on_device = (need.engine + (device.is_cuda() ? need.potential : 0)) * by_replica,
               copies = need.copies * by_replica;
  const double fit = device.is_cuda() ? std::min(free / on_device, free_on_host / copies)
                                      : (free - need.potential) / (on_device + copies);
  const auto n = static_cast<double>(replicas.systems.size());
  if (n <= fit) return;
  throw ResourceError(fmt::format(
      "{} replicas would take about {} of memory, where {} are free; about {:.0f} would fit "
      "(system.replicas)",
      replicas.systems.size(), size_text(n * (on_device + copies)),
      size_text(std::min(free, free_on_host)), std::max(0.0, std::floor(0.9 * fit))));
}

MemoryNeed evaluate_and_measure(Simulation& simulation, const RunOptions& o, bool virial) {
  const Device& device = simulation.state().device();
  const double before = taken_memory(device), peak = static_cast<double>(peak_memory()),
               lists = static_cast<double>(simulation.bytes());
  simulation.evaluate(virial);
  MemoryNeed need;
  need.engine = static_cast<double>(simulation.bytes());
  // On the host the peak, where it is a new one, has what an evaluation took and gave back too.
  const double now = static_cast<double>(peak_memory());
  const double after = !device.is_cuda() && now > peak ? now : taken_memory(device);
  need.potential = std::max(0.0, after - before - (need.engine - lists));
  const double vector = sizeof(Vec3), atoms = simulation.state().n_atoms();
  const double arrays = 4 + 3 * Safety::slots;  // of a checkpoint, and once more as its file
  const double frames = 3.0 * (1 + o.write_velocities + o.write_forces);  // waiting to be written
  need.copies = (2 * arrays + frames) * vector * atoms;
  need.program =
      std::max(0.0, device.is_cuda() ? static_cast<double>(held_memory()) : before - lists);
  return need;
}

std::string memory_text(const MemoryNeed& need, const Device& device) {
  const std::string host = fmt::format("{} for copies of what is written, {} for program and model",
                                       size_text(need.copies), size_text(need.program));
  return fmt::format("{}: {} for state and neighbor lists, {} for the potential{}{}",
                     size_text(need.device(device)), size_text(need.engine),
                     size_text(need.potential), device.is_cuda() ? "; on the host " : ", ", host);
}

void warn_of_small_memory(const MemoryNeed& need) {
  const auto free = static_cast<double>(free_memory(Device{}));
  if (need.copies > free)
    warn(fmt::format("checkpoints and frames may need {} of memory, where {} are free",
                     size_text(need.copies), size_text(free)));
}

}  // namespace md
