#pragma once

#include "potentials/painn/painn_model.hpp"
#include "potentials/support/torch_edges.hpp"

// Include from .cpp files that use LibTorch only.

namespace md::painn {

/// The network of a PainnModel on LibTorch, the reference for every other implementation. Geometry,
/// energies of atoms and repulsion in double, everything between in the precision asked for.
class TorchPainn : public TorchNetwork {
 public:
  TorchPainn(const PainnModel& model, at::ScalarType precision, const Device& device);
  at::Tensor atom_energies(const TorchGraph& graph) const override;
  /// The tensors of PainnModel::parameters(), in that order.
  std::vector<at::Tensor*> parameters();

 protected:
  struct Features {
    at::Tensor s;  // [N, F]
    at::Tensor v;  // [N, 3, F]; undefined: zero
  };
  /// What the messages of a layer add to the features. phi [N, 3F], filter [E, 3F], direction [E,
  /// 3].
  virtual Features messages(const at::Tensor& phi, const at::Tensor& filter, const at::Tensor& v,
                            const at::Tensor& direction, const TorchGraph& graph) const;

 private:
  struct Dense {
    at::Tensor weight, bias;  // [out, in], [out] or undefined
  };
  struct Layer {
    Dense context0, context1, mixing0, mixing1, channel_mix;
  };

  at::Tensor radial_functions(const at::Tensor& distance) const;                    // [E] -> [E, K]
  at::Tensor envelope(const at::Tensor& distance) const;                            // [E] -> [E]
  at::Tensor repulsion(const TorchGraph& graph, const at::Tensor& distance) const;  // [N]
  Features update(const Layer& layer, const Features& in, bool last) const;
  at::Tensor readout(const at::Tensor& s, const at::Tensor& number) const;  // [N] double, eV

  int channels_, n_radial_;
  double cutoff_, epsilon_;
  Envelope envelope_;
  bool repulsion_;
  at::ScalarType precision_;
  at::Tensor embedding_;      // [n_species, F]
  at::Tensor scale_, shift_;  // [n_species] double
  Dense filter_, head0_, head1_;
  std::vector<Layer> layers_;
};

}  // namespace md::painn
