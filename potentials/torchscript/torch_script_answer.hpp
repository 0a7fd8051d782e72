#pragma once

#include "potentials/torchscript/torch_script_adapter.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

/// Energies [B] in eV out of what a model returned for systems of these numbers and positions.
/// Throws InputError for any answer whose meaning would have to be guessed.
at::Tensor energies_from(const c10::IValue& answer, const ScriptAdapter& adapter,
                         const at::Tensor& numbers, const at::Tensor& positions,
                         std::int64_t n_systems);

/// The model's own forces in eV/A, in double, shaped like the positions. Throws InputError.
at::Tensor forces_from(const c10::IValue& answer, const ScriptAdapter& adapter,
                       const at::Tensor& positions);

}  // namespace md
