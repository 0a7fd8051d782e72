#include "potentials/support/model_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "md/errors.hpp"
#include "md/input/quantity.hpp"
#include "md/structure.hpp"
#include "md/text.hpp"

namespace md {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

[[noreturn]] void refuse(const Safetensors& file, const std::string& key, const std::string& what) {
  throw InputError(file.path() + ": metadata '" + key + "' is '" + file.metadata(key) + "'; " +
                   what);
}

/// Energy and length unit as the file names them, lower case, "" where it does not say.
std::pair<std::string, std::string> units_of(const Safetensors& file) {
  std::string energy = file.metadata("energy_unit"), length = file.metadata("length_unit");
  if (const std::string both = file.metadata("units"); !both.empty()) {
    const std::vector<std::string> parts = split(both, ',');
    if (parts.size() != 2) refuse(file, "units", "an energy and a length unit are wanted");
    if (energy.empty()) energy = parts[0];
    if (length.empty()) length = parts[1];
  }
  return {lower(trim(energy)), lower(trim(length))};
}

/// A metadata value as a number.
double number_of(const Safetensors& file, const std::string& key, const std::string& wanted) {
  const std::string text = trim(file.metadata(key));
  const char* end = text.data() + text.size();
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) refuse(file, key, wanted);
  return value;
}

}  // namespace

double positive_of(const Safetensors& file, const std::string& key, double fallback) {
  if (!file.metadata().contains(key)) return fallback;
  const std::string wanted = "a decimal number above zero is wanted";
  const double value = number_of(file, key, wanted);
  if (!(value > 0)) refuse(file, key, wanted);
  return value;
}

double cutoff_of(const Safetensors& file, const std::string& buffer, double fallback) {
  double cutoff = fallback;
  if (file.metadata().contains("cutoff")) {
    cutoff = number_of(file, "cutoff", "a decimal number in A is wanted");
  } else if (file.has(buffer)) {
    cutoff = file.values(buffer, {1})[0];
  } else if (fallback == 0) {
    throw InputError(file.path() + ": has neither a metadata 'cutoff' nor a tensor '" + buffer +
                     "'");
  }
  if (!(cutoff > 0 && cutoff <= 100))
    throw InputError(file.path() + ": the cutoff is " + std::to_string(cutoff) +
                     " A; it must be above 0 and at most 100 A");
  return cutoff;
}

std::set<int> elements_of(const Safetensors& file, int largest) {
  std::set<int> elements;
  if (!file.metadata().contains("elements")) {
    for (int z = 1; z <= std::min(largest, 118); ++z) elements.insert(z);
    return elements;
  }
  for (const std::string& part : split(file.metadata("elements"), ',')) {
    int number = atomic_number(part);
    const char* end = part.data() + part.size();
    if (number == 0 && (std::from_chars(part.data(), end, number).ptr != end || part.empty()))
      number = 0;
    if (number < 1 || number > 118) refuse(file, "elements", "'" + part + "' is not an element");
    if (number > largest)
      refuse(file, "elements", "the embedding ends at atomic number " + std::to_string(largest));
    elements.insert(number);
  }
  if (elements.empty()) refuse(file, "elements", "a list like H,C,N,O is wanted");
  return elements;
}

double energy_unit_of(const Safetensors& file) {
  const auto [energy, length] = units_of(file);
  if (!length.empty() && length != "angstrom" && length != "ang" && length != "a" && length != "å")
    throw InputError(file.path() + ": the length unit is '" + length + "'; angstrom is wanted");
  if (energy.empty()) return 1;
  for (const std::string name : {"eV", "meV", "hartree", "Ha", "kcal/mol", "kJ/mol"})
    if (energy == lower(name)) return parse_quantity("1 " + name, Kind::energy);
  throw InputError(file.path() + ": the energy unit '" + energy +
                   "' is not known; there are: eV, meV, hartree, kcal/mol, kJ/mol");
}

std::string describe_elements(const std::set<int>& elements) {
  std::vector<std::string> names;
  for (const int z : elements) names.emplace_back(symbol(z));
  return join(names, ", ");
}

}  // namespace md
