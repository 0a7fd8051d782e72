#pragma once

#include <set>
#include <string>

#include "potentials/support/safetensors.hpp"

namespace md {

/// The metadata value `key` as a number; `fallback` where the file does not say. Throws InputError
/// for what is no decimal number above zero.
double positive_of(const Safetensors& file, const std::string& key, double fallback);

/// The cutoff radius in A: the decimal number of the metadata where there is one, else the first
/// element of the tensor `buffer`; with neither `fallback`, and without that an InputError.
double cutoff_of(const Safetensors& file, const std::string& buffer, double fallback = 0);

/// Atomic numbers from the metadata `elements` ("H,C,N,O" or "1,6,7,8"), else 1 to `largest`.
/// Throws InputError for an element that is not one, or is beyond `largest`.
std::set<int> elements_of(const Safetensors& file, int largest);

/// eV per energy unit of the model, from the metadata `energy_unit` or the first part of `units`.
/// Known: eV, meV, hartree, kcal/mol, kJ/mol; 1 when the file does not say. Throws InputError for
/// another energy unit and for a length unit that is not angstrom.
double energy_unit_of(const Safetensors& file);

/// The symbols in the order of their atomic numbers: "H, C, N, O".
std::string describe_elements(const std::set<int>& elements);

}  // namespace md
