#pragma once

#include <tbb/cache_aligned_allocator.h>

#include <vector>

#include "potentials/painn/painn_model.hpp"

namespace md::painn {

template <class T>
using Aligned = std::vector<T, tbb::cache_aligned_allocator<T>>;

/// Columns of a packed panel, and what every width is padded to (with zeros, which stay zero).
inline constexpr int panel = 32;
inline int padded(int width) { return (width + panel - 1) / panel * panel; }

/// A matrix B [rows, columns] for products C = A B, in panels of 32 columns: element (k, n) stands
/// at [n / 32][k][n % 32]. The bias, one number per column, may be empty.
template <class T>
struct PackedMatrix {
  int rows = 0, columns = 0;
  Aligned<T> data, bias;
  const T* panel_of(int column) const {
    return data.data() + static_cast<std::size_t>(column / panel) * rows * panel;
  }
};

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

  explicit KernelWeights(const PainnModel& model);

  int channels = 0, hidden = 0;  // F and the head's width, padded
  int n_radial = 0;              // K
  double cutoff = 0;
  Envelope envelope = Envelope::cosine;
  bool repulsion = false;
  std::vector<Layer> layers;
  Aligned<T> embedding;            // [n_species, F]
  PackedMatrix<T> head0, head0_t;  // F -> H
  Aligned<T> head1;                // [H]
  double head1_bias = 0;
  std::vector<double> scale, shift;  // [n_species] eV
};

extern template struct KernelWeights<float>;
extern template struct KernelWeights<double>;

}  // namespace md::painn
