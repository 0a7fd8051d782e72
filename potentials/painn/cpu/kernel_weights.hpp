#pragma once

#include "potentials/painn/filter_table.hpp"

namespace md::painn {

/// The weights of a PaiNN as the kernels want them: widths padded, each matrix packed for the
/// forward and, transposed, for the reverse pass. The third part of the mixing network's result is
/// put last (ss, sv, vv), since the last layer does not need it.
template <class T>
struct KernelWeights {
  struct Layer {
    PackedMatrix<T> context0, context1, mixing0, mixing1, channel_mix;
    PackedMatrix<T> context0_t, context1_t, mixing0_t, mixing1_t, channel_mix_t;
    PackedMatrix<T> filter;  // [K + 1, 3F]: the last row is the bias, as the cutoff acts on it too
  };

  /// `intervals` of the filter table; 0: the filters are evaluated exactly.
  KernelWeights(const PainnModel& model, int intervals);
  bool tabulated() const { return table.intervals > 0; }

  int channels = 0, hidden = 0;  // F and the head's width, padded
  int n_radial = 0;              // K
  double cutoff = 0;
  Envelope envelope = Envelope::cosine;
  bool repulsion = false;
  T epsilon = 0;  // under the root of |V|
  std::vector<Layer> layers;
  FilterTable<T> table;
  Aligned<T> embedding;            // [n_species, F]
  Aligned<T> phi0;                 // [n_species, 2F] layer 0's x^s, x^r parts of phi
  PackedMatrix<T> head0, head0_t;  // F -> H
  Aligned<T> head1;                // [H]
  double head1_bias = 0;
  std::vector<double> scale, shift;  // [n_species] eV
};

extern template struct KernelWeights<float>;
extern template struct KernelWeights<double>;

}  // namespace md::painn
