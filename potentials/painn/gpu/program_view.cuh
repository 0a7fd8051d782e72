#pragma once

#include "md/neighbors/edges.hpp"
#include "potentials/painn/filter_table.hpp"
#include "potentials/painn/gpu/device_weights.hpp"
#include "potentials/painn/zbl.hpp"

namespace md::painn {

/// a b + c: one rounding on a GPU, two on the host, whose compiler has no fast one everywhere.
template <class T>
MD_HD inline T multiply_add(T a, T b, T c) {
#ifdef __CUDA_ARCH__
  return fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// What the network needs of an edge (i, j), at its place in the rows.
template <class T>
struct alignas(16) ProgramEdge {
  SplinePoint<T> point;  // in the filter table; interval -1: at or beyond the cutoff
  int neighbor;          // j
  T unit[3];             // from i to j
};

/// Everything the evaluation reads and writes, for N atoms and E places in the neighbor rows. The
/// tape keeps what the reverse pass needs of each layer. Rows of scratch differ in width from step
/// to step, so ranges of atoms that are evaluated side by side have their own, by their first atom.
template <class T>
struct ProgramView {
  DeviceWeightView<T> w;
  PaddedEdgeView edges;
  const int* number = nullptr;  // [N]
  int n_atoms = 0;              // N

  ProgramEdge<T>* edge = nullptr;                // [E]
  zbl::Pair* repulsion = nullptr;                // [E]; null: none
  T *radial = nullptr, *radial_slope = nullptr;  // [E, K + 1] B_n fc, fc; double only
  T* partial = nullptr;      // [E, F / 32, 4] dE/dd, dE/du collected at e over 32 channels
  Vec3* gradient = nullptr;  // [E] dE/dr of the edge, eV/A
  double* energy = nullptr;  // [N] eV

  T* tape = nullptr;        // [L][16 N F]
  T* s = nullptr;           // [N, 2F] the scalars, and |V| behind them
  T* scratch_a = nullptr;   // [N, max(F, H)]
  T* scratch_b = nullptr;   // [N, max(3F, H)]
  T* scratch_vu = nullptr;  // [N, 6F]
  T* s_bar = nullptr;       // [N, F] dE/ds after a layer
  T* v_bar = nullptr;       // [N, 3, F] dE/dv after a layer; forward: v after the message
  T* gs = nullptr;          // [N, F] dE/ds' after the message
  T* gv = nullptr;          // [N, 3, F] dE/dv'

  /// Hidden layers, [n, F] or [n, H].
  MD_HD T* a(int begin) const { return scratch_a + std::size_t(begin) * (w.f > w.h ? w.f : w.h); }
  /// The update's a^ss, a^sv, a^vv, [n, 3F], their reverse; c_bar, [n, 2F]; the head's slope [n,
  /// H].
  MD_HD T* b(int begin) const {
    return scratch_b + std::size_t(begin) * (3 * w.f > w.h ? 3 * w.f : w.h);
  }
  /// dE/d(V, U), [n, 3, 2F]; dE/dphi, [n, 3F].
  MD_HD T* vu_bar(int begin) const { return scratch_vu + std::size_t(begin) * 6 * w.f; }

  MD_HD T* phi(int l) const { return part(l, 0); }             // [N, 3F]; of layers l > 0
  MD_HD T* v(int l) const { return part(l, 3); }               // [N, 3, F] before layer l > 0
  MD_HD T* vu(int l) const { return part(l, 6); }              // [N, 3, 2F] V and U
  MD_HD T* context_slope(int l) const { return part(l, 12); }  // [N, F] silu' of the hidden layer
  MD_HD T* mixing_slope(int l) const { return part(l, 13); }   // [N, F]
  MD_HD T* a_sv(int l) const { return part(l, 14); }           // [N, F]
  MD_HD T* a_vv(int l) const { return part(l, 15); }           // [N, F]

 private:
  MD_HD T* part(int l, int n) const { return tape + (std::size_t(16) * l + n) * n_atoms * w.f; }
};

/// The filters of one channel: W(d) and dW/dd of an edge. From the table in float, exactly in
/// double.
template <class T>
class FilterColumn {
 public:
  MD_HD FilterColumn(const ProgramView<T>& v, int layer, int channel)
      : stride_(std::is_same_v<T, float> ? FilterTable<T>::row : 3 * v.w.f),
        part_(std::is_same_v<T, float> ? panel : v.w.f),
        n_radial_(v.w.n_radial) {
    if constexpr (std::is_same_v<T, float>) {
      const std::size_t block = std::size_t(layer) * (v.w.f / panel) + channel / panel;
      first_ = v.w.filter + block * (v.w.intervals + 3) * FilterTable<T>::row + channel % panel;
    } else {
      first_ = v.w.filter + std::size_t(layer) * (n_radial_ + 1) * 3 * v.w.f + channel;
      radial_ = v.radial;
      radial_slope_ = v.radial_slope;
    }
  }

  MD_HD T value(const ProgramEdge<T>& edge, std::int64_t e, int part) const {
    T value, slope;
    both<false>(edge, e, part, value, slope);
    return value;
  }

  template <bool with_slope = true>
  MD_HD void both(const ProgramEdge<T>& edge, std::int64_t e, int part, T& value, T& slope) const {
    value = slope = 0;
    if constexpr (std::is_same_v<T, float>) {
      const T* const knot = first_ + edge.point.interval * stride_ + part * part_;
      for (int k = 0; k < 4; ++k) {
        const T c = knot[k * stride_];
        value = multiply_add(edge.point.value[k], c, value);
        if (with_slope) slope = multiply_add(edge.point.slope[k], c, slope);
      }
    } else {
      const T* const column = first_ + part * part_;
      for (int n = 0; n <= n_radial_; ++n) {
        const T c = column[n * stride_];
        value = multiply_add(radial_[e * (n_radial_ + 1) + n], c, value);
        if (with_slope) slope = multiply_add(radial_slope_[e * (n_radial_ + 1) + n], c, slope);
      }
    }
  }

 private:
  const T *first_ = nullptr, *radial_ = nullptr, *radial_slope_ = nullptr;
  int stride_, part_, n_radial_;
};

}  // namespace md::painn
