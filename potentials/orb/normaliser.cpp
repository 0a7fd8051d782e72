#include "potentials/orb/normaliser.hpp"

#include <cmath>

namespace md::orb {
namespace {

double single(const Safetensors& file, const std::string& name) {
  const StoredTensor& tensor = file.tensor(name);
  if (tensor.size() != 1)
    file.fail(name, "has the shape " + describe_shape(tensor.shape) + "; one number is wanted");
  return file.values(name, tensor.shape)[0];
}

}  // namespace

Normaliser read_normaliser(const Safetensors& file, const std::string& head) {
  const std::string name = "heads." + head + ".normalizer.bn.running_";
  const double mean = single(file, name + "mean"), variance = single(file, name + "var");
  if (variance < 0) file.fail(name + "var", "must not be below zero");
  return {mean, std::sqrt(variance)};
}

}  // namespace md::orb
