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

/// What another evaluation than the kernels gets.
struct EvaluationOptions {
  const Safetensors& file;
  const OrbModel& model;
  int most_neighbors;
  const PotentialOptions& potential;
};
/// The other evaluations: "libtorch", the oracle of the kernels, and what runs on a GPU.
using EvaluationRegistry = Registry<Factory<Potential, EvaluationOptions>>;
EvaluationRegistry& evaluations();

}  // namespace md::orb
