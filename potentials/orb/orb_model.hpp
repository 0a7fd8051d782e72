#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "md/potential.hpp"
#include "potentials/support/safetensors.hpp"

namespace md::orb {

/// Input of the edge encoder: 20 Gaussians of the distance and a unit vector.
inline constexpr int n_gaussians = 20, n_edge_inputs = n_gaussians + 3;

/// Sizes of an Orb-v2 network, the direct graph network of orb-models (Neumann et al.,
/// arXiv:2410.22570), as the shapes in a safetensors file say them. Members of the family differ in
/// these numbers only.
struct OrbModel {
  int channels = 0;                        // d, of nodes and edges
  int hidden = 0;                          // m, both hidden layers of every block
  int steps = 0;                           // T, message-passing steps
  int n_species = 0;                       // rows of the embedding; row Z is that of element Z
  int n_references = 0;                    // reference energies; number Z is that of element Z
  std::map<std::string, int> head_hidden;  // energy, forces and, where there is one, stress
  double cutoff = 6;                       // A
  std::set<int> elements;

  bool has_stress() const { return head_hidden.contains("stress"); }
  /// Every parameter tensor of a model of these sizes with its shape, the decoder (which nothing
  /// that is computed here needs) included.
  std::map<std::string, std::vector<std::int64_t>> tensors() const;
  /// 25,213,601 for the published sizes 256, 512, 15. Statistics of normalisers do not count.
  std::int64_t n_parameters() const;
  /// Sizes, cutoff and elements as names and values.
  Description describe() const;

  /// Throws InputError naming file and tensor: wrong architecture, a trunk tensor too many or too
  /// few, a wrong shape, no head for energy or forces. Unknown tensors of heads and the decoder are
  /// not looked at.
  static OrbModel read(const Safetensors& file);
};

/// The tensor that holds the reference energies, [n] or [1, n].
inline constexpr const char* reference_tensor = "heads.energy.reference.linear.weight";

}  // namespace md::orb
