#include "program/run/memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "program/components.hpp"
#include "program/run/disk.hpp"

namespace md {
namespace {

/// A line of /proc/self/status in bytes: VmRSS, what this process holds; VmHWM, the most it held.
double held(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (double kilobytes = 0; word == name + ":" && file >> kilobytes) return 1024 * kilobytes;
  return 0;
}

double taken(const Device& device) {
  return device.is_cuda() ? -static_cast<double>(free_memory(device)) : held("VmRSS");
}

}  // namespace

double peak_memory() {
  if (const double most = held("VmHWM"); most > 0) return most;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

MemoryNeed evaluate_and_measure(Simulation& simulation, const RunOptions& o, bool virial) {
  const Device& device = simulation.state().device();
  const double before = taken(device), peak = peak_memory(),
               lists = static_cast<double>(simulation.bytes());
  simulation.evaluate(virial);
  MemoryNeed need;
  need.engine = static_cast<double>(simulation.bytes());
  // On the host the peak, where it is a new one, has what an evaluation took and gave back too.
  const double now = peak_memory(), after = !device.is_cuda() && now > peak ? now : taken(device);
  need.potential = std::max(0.0, after - before - (need.engine - lists));
  const double vector = sizeof(Vec3), atoms = simulation.state().n_atoms();
  const double arrays = 4 + 3 * Safety::slots;  // of a checkpoint, and once more as its file
  const double frames = 3.0 * (1 + o.write_velocities + o.write_forces);  // waiting to be written
  need.copies = (2 * arrays + frames) * vector * atoms;
  need.program = std::max(0.0, device.is_cuda() ? held("VmRSS") : before - lists);
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
