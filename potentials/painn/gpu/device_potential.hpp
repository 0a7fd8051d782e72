#pragma once

#include <memory>

#include "potentials/painn/gpu/operand.hpp"
#include "potentials/painn/painn.hpp"

namespace md::painn {

/// How the work is cut: all replicas together in every step, each replica by itself, or what is
/// expected to be faster for sizes and number of replicas.
enum class Schedule { automatic, batched, by_replica };

/// A PaiNN by own kernels, without LibTorch, for a step that is recorded: energy and forces follow
/// from the state in device memory alone. Also runs on the CPU, on one thread, where the tests hold
/// it against the oracle. options.precision: float32 or float64, and tf32, bf16 or fp16, which
/// round the factors of matrix products and nothing else; InputError where the device lacks the
/// instructions. Filters are exact in float64, from a table otherwise. A replica has the same bits
/// alone and in any batch in either schedule, so strict costs nothing.
std::unique_ptr<Potential> make_device_kernels(const PainnModel& model,
                                               const PotentialOptions& options,
                                               Schedule schedule = Schedule::automatic);

}  // namespace md::painn
