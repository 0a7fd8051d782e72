#pragma once

#include <cstdint>

#include "md/device/array.hpp"
#include "potentials/painn/gpu/operand.hpp"
#include "potentials/painn/painn_model.hpp"

namespace md::painn {

/// B of a product A B in device memory, by rows.
template <class T>
struct DeviceMatrix {
  const T* data = nullptr;  // [depth, stride]
  const T* bias = nullptr;  // [columns]; null: none
  int depth = 0, columns = 0, stride = 0;
};

/// All weights of a PaiNN in device memory; F and H are padded to multiples of 32 with zeros, which
/// stay zero through the whole evaluation. The mixing network's result stands in the order ss, sv,
/// vv, since the last layer does not need vv.
template <class T>
struct DeviceWeightView {
  int f = 0, h = 0;  // F, and the head's width H
  int n_layers = 0, n_radial = 0;
  Envelope envelope = Envelope::cosine;
  double cutoff = 0;                     // A
  T epsilon = 0;                         // under the root of |V|
  const T* layers = nullptr;             // [L][22 F F + 8 F]
  const T* head = nullptr;               // [F][H], bias [H], transposed [H][F], [H]
  const T* embedding = nullptr;          // [n_species, F]
  const T* phi0 = nullptr;               // [n_species, 2F] x^s and x^r parts of phi in layer 0
  const T* scale = nullptr;              // [n_species]
  double bias = 0;                       // of the head
  const double* energy_scale = nullptr;  // [n_species] eV
  const double* energy_shift = nullptr;  // [n_species] eV
  const T* filter = nullptr;  // exact: [L][K + 1][3F], the last row the bias; else the table,
                              // [L][intervals + 3][3F]
  int intervals = 0;          // of the table
  double per_angstrom = 0;    // intervals / cutoff

  MD_HD DeviceMatrix<T> context0(int l) const { return matrix(l, 0, 1, 1, 0); }
  MD_HD DeviceMatrix<T> context1(int l) const { return matrix(l, 1, 1, 3, 1); }
  MD_HD DeviceMatrix<T> mixing0(int l) const { return matrix(l, 4, 2, 1, 4); }
  MD_HD DeviceMatrix<T> mixing1(int l) const { return matrix(l, 6, 1, 3, 5); }
  MD_HD DeviceMatrix<T> channel_mix(int l) const { return matrix(l, 9, 1, 2, -1); }
  // Transposed, for the reverse pass.
  MD_HD DeviceMatrix<T> context0_t(int l) const { return matrix(l, 11, 1, 1, -1); }
  MD_HD DeviceMatrix<T> context1_t(int l) const { return matrix(l, 12, 3, 1, -1); }
  MD_HD DeviceMatrix<T> mixing0_t(int l) const { return matrix(l, 15, 1, 2, -1); }
  MD_HD DeviceMatrix<T> mixing1_t(int l) const { return matrix(l, 17, 3, 1, -1); }
  MD_HD DeviceMatrix<T> channel_mix_t(int l) const { return matrix(l, 20, 2, 1, -1); }
  MD_HD DeviceMatrix<T> head0() const { return {head, head + f * h, f, h, h}; }
  MD_HD DeviceMatrix<T> head0_t() const { return {head + f * h + h, nullptr, h, f, f}; }
  MD_HD const T* head1() const { return head + 2 * f * h + h; }

  /// Channels that one group of 32 lanes has at an edge: as many as are loaded at once.
  MD_HD int group_channels() const { return f % 128 == 0 ? 128 : f % 64 == 0 ? 64 : 32; }

  static std::int64_t layer_size(int f) { return std::int64_t{22} * f * f + 8 * f; }

 private:
  /// A matrix of rows F x columns F that begins after `before` squares of F x F; its bias after
  /// `bias_before` rows of F behind all matrices.
  MD_HD DeviceMatrix<T> matrix(int l, int before, int rows, int columns, int bias_before) const {
    const T* const layer = layers + l * (std::int64_t{22} * f * f + 8 * f);
    return {layer + before * f * f, bias_before < 0 ? nullptr : layer + (22 * f + bias_before) * f,
            rows * f, columns * f, columns * f};
  }
};

/// Owner of the weights. float: filters from a table; double: exact filters.
template <class T>
class DeviceWeights {
 public:
  /// The matrices are rounded to `operand`.
  DeviceWeights(const PainnModel& model, Operand operand, Device device);
  const DeviceWeightView<T>& view() const { return view_; }

 private:
  DeviceWeightView<T> view_;
  Array<T> layers_, head_, embedding_, phi0_, scale_, filter_;
  Array<double> energy_scale_, energy_shift_;
};

extern template class DeviceWeights<float>;
extern template class DeviceWeights<double>;

}  // namespace md::painn
