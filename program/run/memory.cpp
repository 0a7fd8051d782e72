#include "program/run/memory.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "program/components.hpp"
#include "program/run/disk.hpp"

namespace md {
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
