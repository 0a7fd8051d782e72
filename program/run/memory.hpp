#pragma once

#include "program/run/stage.hpp"

namespace md {

/// Bytes that a run needs: the figures of `understudy check`, of the run's own warning and of its
/// timings.json. What a potential takes is measured by evaluating it.
struct MemoryNeed {
  double engine = 0;     // state, good states kept, neighbor lists; on the device
  double potential = 0;  // on the device, by the first evaluation
  double copies = 0;     // on the host, of what a checkpoint and frames hold
  double program = 0;    // on the host: program, libraries, model, structures as they were read

  /// Of the device, which on a CPU is the host.
  double device(const Device& where) const {
    return engine + potential + (where.is_cuda() ? 0 : host());
  }
  double host() const { return copies + program; }
};

/// Evaluates the potential, with the virial where `virial`, and says what the run will need.
MemoryNeed evaluate_and_measure(Simulation& simulation, const RunOptions& options, bool virial);
/// Throws ResourceError, with the number of replicas that would fit, where these do not into the
/// memory that is free. Measured with a few of them, and that only where they may be too many.
void require_memory(const Stage& stage, const Replicas& replicas);
/// "12.3 MB: 1 MB for ..." for people.
std::string memory_text(const MemoryNeed& need, const Device& device);
/// Warns when what is still to come may not fit into what is free.
void warn_of_small_memory(const MemoryNeed& need);

}  // namespace md
