#pragma once

#include <cmath>
#include <numbers>

#include "md/vec3.hpp"
#include "potentials/painn/painn_model.hpp"
#include "potentials/painn/polynomial_envelope.hpp"

namespace md::painn {

/// B_n(d) fc(d) = sin(n pi d / cutoff) / d fc(d) for n = 1 ... n_radial, last fc itself, which the
/// bias of the filter network meets; and their derivatives by d. Both arrays: [n_radial + 1].
/// sin(n x), cos(n x) by recurrence in double. d = 0 gives the limits.
template <class T>
MD_HD inline void radial_functions(double d, double cutoff, int n_radial, Envelope envelope,
                                   T* value, T* slope) {
  const double x = std::numbers::pi / cutoff;
  const double s1 = std::sin(x * d), c1 = std::cos(x * d);
  double fc, fc_slope;
  if (envelope == Envelope::cosine) {
    fc = 0.5 * (c1 + 1);
    fc_slope = -0.5 * x * s1;
  } else {
    const PolynomialEnvelope polynomial(d / cutoff);
    fc = polynomial.value;
    fc_slope = polynomial.slope / cutoff;
  }
  double s = s1, c = c1;
  for (int n = 0; n < n_radial; ++n) {
    const double k = (n + 1) * x;
    const double b = d > 0 ? s / d : k, b_slope = d > 0 ? (k * c - b) / d : 0;
    value[n] = static_cast<T>(b * fc);
    slope[n] = static_cast<T>(b_slope * fc + b * fc_slope);
    const double next = s * c1 + c * s1;
    c = c * c1 - s * s1;
    s = next;
  }
  value[n_radial] = static_cast<T>(fc);
  slope[n_radial] = static_cast<T>(fc_slope);
}

}  // namespace md::painn
