#pragma once

#include <memory>
#include <string>

#include "md/potential.hpp"
#include "potentials/orb/orb_model.hpp"

namespace md::orb {

/// What both evaluations of an Orb share; on_gpu is false.
PotentialTraits traits_of(const OrbModel& model, const std::string& precision);

/// The model and how many neighbors it looks at.
Description describe(const OrbModel& model, int most_neighbors);

/// By LibTorch: the oracle of the kernels, and what runs on a GPU. Null in a build without
/// LibTorch; libtorch_orb.cpp sets it.
using Make = std::unique_ptr<Potential> (*)(const Safetensors& file, const OrbModel& model,
                                            int most_neighbors, const PotentialOptions& options);
Make& make_libtorch();

}  // namespace md::orb
