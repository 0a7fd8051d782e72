#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "md/potential.hpp"
#include "potentials/painn/uncertainty.hpp"
#include "potentials/support/safetensors.hpp"

namespace md::painn {

/// y = x weight^T + bias, row-major [out, in]; `bias` is empty where the layer has none.
struct DenseLayer {
  int out = 0, in = 0;
  std::vector<double> weight;  // [out, in]
  std::vector<double> bias;    // [out]
};

/// How a filter goes to zero at the cutoff, x = d / cutoff.
enum class Envelope {
  cosine,      // (cos(pi x) + 1) / 2
  polynomial,  // PolynomialEnvelope: two continuous derivatives
};

/// Sizes and weights of a PaiNN (Schuett, Unke, Gastegger, ICML 2021, in the form of SchNetPack 2)
/// as a safetensors file holds them, checked, in double and in A and eV. Independent of the library
/// that evaluates it. F channels, L layers, K radial functions sin(n pi d / cutoff) / d.
struct PainnModel {
  struct Layer {
    DenseLayer context0, context1;  // F -> F -> 3F, of the sender's scalars
    DenseLayer mixing0, mixing1;    // 2F -> F -> 3F
    DenseLayer channel_mix;         // F -> 2F without bias: rows of V, then rows of U
  };

  int channels = 0;   // F
  int n_radial = 0;   // K
  double cutoff = 0;  // A
  Envelope envelope = Envelope::cosine;
  bool repulsion = false;         // the screened nuclear repulsion of zbl.hpp is added
  double epsilon = 1e-8;          // of the invariant sqrt(|V|^2 + epsilon); SchNetPack's default
  std::set<int> elements;         // atomic numbers it was made for
  int n_species = 0;              // rows of embedding, scale and shift; row Z is that of element Z
  std::vector<double> embedding;  // [n_species, F]
  DenseLayer filter;              // K -> 3F L; rows of layer l begin at 3F l: x^s, x^r, x^v
  std::vector<Layer> layers;      // [L]
  DenseLayer head0, head1;        // F -> H -> 1
  std::vector<double> scale, shift;  // [n_species] eV
  Uncertainty uncertainty;           // empty: the file does not say

  /// Throws InputError naming file and tensor: wrong architecture, a tensor too many or too few, of
  /// a wrong shape or not finite, units that cannot be converted.
  static PainnModel read(const Safetensors& file);
  /// A file that read() takes; `metadata` is added to what the model itself says. Throws FileError.
  void write(const std::string& path, std::map<std::string, std::string> metadata) const;
  /// Sizes, cutoff, elements and options as names and values.
  Description describe() const;

  /// A tensor of the network: its name in a file, its shape, its numbers in this model.
  struct Tensor {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<double>* values;
  };
  /// What training changes, in a fixed order: everything but scale and shift.
  std::vector<Tensor> parameters();
};

}  // namespace md::painn
