#pragma once

#include "md/device/lanes.cuh"
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

/// What a device loads at once of V numbers of type T.
#ifdef __CUDA_ARCH__
template <class T, int V>
using Chunk =
    std::conditional_t<V % 2 != 0, T,
                       std::conditional_t<std::is_same_v<T, double>, double2,
                                          std::conditional_t<V % 4 == 0, float4, float2>>>;
#else
template <class T, int V>
using Chunk = T;
#endif

/// V numbers side by side; in device memory they are aligned to a Chunk.
template <int V, class T>
MD_HD inline void load(const T* from, T (&x)[V]) {
  constexpr int n = sizeof(Chunk<T, V>) / sizeof(T);
  MD_UNROLL for (int y = 0; y < V; y += n) {
    const auto chunk = *reinterpret_cast<const Chunk<T, V>*>(from + y);
    MD_UNROLL for (int k = 0; k < n; ++k) x[y + k] = reinterpret_cast<const T*>(&chunk)[k];
  }
}
template <int V, class T>
MD_HD inline void store(const T (&x)[V], T* to) {
  constexpr int n = sizeof(Chunk<T, V>) / sizeof(T);
  MD_UNROLL for (int y = 0; y < V; y += n) {
    Chunk<T, V> chunk;
    MD_UNROLL for (int k = 0; k < n; ++k) reinterpret_cast<T*>(&chunk)[k] = x[y + k];
    *reinterpret_cast<Chunk<T, V>*>(to + y) = chunk;
  }
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
  T* partial = nullptr;      // [E, F / G, 4] dE/dd, dE/du collected at e over G = group_channels()
  Vec3* gradient = nullptr;  // [E] dE/dr of the edge, eV/A
  double* energy = nullptr;  // [N] eV
  T* features = nullptr;     // [N, H, padded] the head's hidden layer; null: not kept

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

/// The filters of V channels side by side: W(d) and dW/dd of an edge. From the table in float,
/// exactly in double.
template <class T, int V>
class FilterColumns {
 public:
  MD_HD FilterColumns(const ProgramView<T>& v, int layer, int channel)
      : f_(v.w.f), n_radial_(v.w.n_radial) {
    const int knots = std::is_same_v<T, float> ? v.w.intervals + 3 : n_radial_ + 1;
    first_ = v.w.filter + std::size_t(layer) * knots * 3 * f_ + channel;
    radial_ = v.radial;
    radial_slope_ = v.radial_slope;
  }

  MD_HD void value(const ProgramEdge<T>& edge, std::int64_t e, int part, T (&value)[V]) const {
    T slope[V];
    both<false>(edge, e, part, value, slope);
  }

  template <bool with_slope = true>
  MD_HD void both(const ProgramEdge<T>& edge, std::int64_t e, int part, T (&value)[V],
                  T (&slope)[V]) const {
    const T* column = first_ + part * f_;
    int n_knots = n_radial_ + 1;
    if constexpr (std::is_same_v<T, float>) {
      column += std::size_t(edge.point.interval) * 3 * f_;
      n_knots = 4;
    }
    MD_UNROLL for (int y = 0; y < V; ++y) value[y] = slope[y] = 0;
    MD_UNROLL for (int k = 0; k < n_knots; ++k) {
      T c[V];
      load(column + k * 3 * f_, c);
      T basis, basis_slope;
      if constexpr (std::is_same_v<T, float>) {
        basis = edge.point.value[k], basis_slope = edge.point.slope[k];
      } else {
        basis = radial_[e * n_knots + k], basis_slope = radial_slope_[e * n_knots + k];
      }
      MD_UNROLL for (int y = 0; y < V; ++y) {
        value[y] = multiply_add(basis, c[y], value[y]);
        if (with_slope) slope[y] = multiply_add(basis_slope, c[y], slope[y]);
      }
    }
  }

 private:
  const T *first_ = nullptr, *radial_ = nullptr, *radial_slope_ = nullptr;
  int f_, n_radial_;
};

}  // namespace md::painn
