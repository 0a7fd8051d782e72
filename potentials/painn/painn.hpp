#pragma once

#include <memory>
#include <string>

#include "md/potential.hpp"
#include "potentials/painn/painn_model.hpp"

namespace md::painn {

/// What both evaluations of a PaiNN share.
PotentialTraits traits_of(const PainnModel& model, const std::string& precision);

/// On the CPU by own kernels with a hand-written reverse pass; a replica has the same bits alone
/// and in any batch, on one thread and on many.
std::unique_ptr<Potential> make_kernels(const PainnModel& model, const PotentialOptions& options);

/// By LibTorch with automatic differentiation: the oracle, and what runs on a GPU. Null in a build
/// without LibTorch; libtorch_painn.cpp sets it.
using Make = std::unique_ptr<Potential> (*)(const PainnModel&, const PotentialOptions&);
Make& make_libtorch();

}  // namespace md::painn
