#pragma once

#include "md/device/stream.hpp"
#include "potentials/painn/gpu/device_potential.hpp"
#include "potentials/painn/gpu/program_view.cuh"

namespace md::painn {

/// How a batch is evaluated on a device: `blocks` thread blocks for each replica, all of them in
/// one kernel; or, 0, a kernel for each step of all replicas together.
struct ProgramSchedule {
  int n_replicas = 0;
  const int* first_atom = nullptr;  // [n_replicas + 1], device memory
  int blocks = 0;
};

/// Queues one evaluation. Compiled for float with any operand and for double with Operand::full.
template <class T, Operand operand>
void run_program(Stream& stream, const ProgramView<T>& view, const ProgramSchedule& schedule);

/// The compute capability, 75, 80, ..., of the code that this device runs of what was compiled: on
/// a newer device that of what it is translated from. 0 on the CPU.
template <class T, Operand operand>
int compiled_capability(const Device& device);

/// ProgramSchedule::blocks for replicas of up to `largest` atoms each.
template <class T, Operand operand>
int blocks_per_replica(const Device& device, int n_replicas, int largest, Schedule wanted);

}  // namespace md::painn
