#pragma once

#include <string>

#include "potentials/support/safetensors.hpp"

namespace md::orb {

/// y deviation + mean makes eV, eV/A or eV/A^3 of what a head gives.
struct Normaliser {
  double mean = 0, deviation = 1;
};
/// That of a head: energy, forces or stress. Throws InputError naming file and tensor.
Normaliser read_normaliser(const Safetensors& file, const std::string& head);

}  // namespace md::orb
