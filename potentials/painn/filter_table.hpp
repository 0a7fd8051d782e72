#pragma once

#include "potentials/painn/radial.hpp"
#include "potentials/support/packed_matrix.hpp"

namespace md::painn {

/// Intervals of a table. The error of the forces falls with more of them until the rounding of
/// differences between neighboring coefficients takes over, in float32 above about 1,500;
/// docs/precision.md says why so many.
inline constexpr int table_intervals = 768;

/// Where a distance falls in a table: W(d) = sum value[k] c[interval + k] over k = 0 ... 3, and
/// likewise dW/dd with `slope`.
template <class T>
struct SplinePoint {
  int interval = 0;
  T value[4], slope[4];
};

/// The filters W(d) of all layers, cutoff function included, as interpolating cubic splines over
/// equal intervals of [0, cutoff]: two continuous derivatives, and value and derivative zero at the
/// cutoff. Stored as B-spline coefficients, one number per knot and channel; built in double (de
/// Boor, A Practical Guide to Splines, chapter IX).
template <class T>
struct FilterTable {
  FilterTable() = default;
  FilterTable(const PainnModel& model, int intervals);

  int intervals = 0, blocks = 0;  // blocks of 32 channels
  double per_angstrom = 0;        // intervals / cutoff
  Aligned<T> data;                // [L][blocks][intervals + 3][x^s, x^r, x^v][32]

  const T* block(int layer, int b) const {
    return data.data() + (static_cast<std::size_t>(layer) * blocks + b) * (intervals + 3) * row;
  }
  static constexpr int row = 3 * panel;  // numbers per knot and block
};

/// Where in the table the distance d lies, 0 <= d <= cutoff.
template <class T>
MD_HD inline SplinePoint<T> spline_point(double d, int intervals, double per_angstrom) {
  const double x = d * per_angstrom;
  SplinePoint<T> p;
  p.interval = x < intervals ? static_cast<int>(x) : intervals - 1;  // also of a NaN
  const double t = x - p.interval, o = 1 - t;
  p.value[0] = static_cast<T>(o * o * o / 6);
  p.value[1] = static_cast<T>((3 * t * t * t - 6 * t * t + 4) / 6);
  p.value[2] = static_cast<T>((3 * o * o * o - 6 * o * o + 4) / 6);
  p.value[3] = static_cast<T>(t * t * t / 6);
  p.slope[0] = static_cast<T>(-0.5 * o * o * per_angstrom);
  p.slope[1] = static_cast<T>((1.5 * t * t - 2 * t) * per_angstrom);
  p.slope[2] = static_cast<T>((-1.5 * o * o + 2 * o) * per_angstrom);
  p.slope[3] = static_cast<T>(0.5 * t * t * per_angstrom);
  return p;
}

extern template struct FilterTable<float>;
extern template struct FilterTable<double>;

}  // namespace md::painn
