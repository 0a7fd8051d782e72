#pragma once

#include "md/vec3.hpp"

namespace md::painn {

/// 1 - 28 x^6 + 48 x^7 - 21 x^8 for x in [0, 1], and its derivative: 1 at 0, and 0 at 1 with two
/// continuous derivatives. Gasteiger, Gross, Guennemann, ICLR 2020, eq. 8, p = 6.
struct PolynomialEnvelope {
  double value, slope;
  MD_HD explicit PolynomialEnvelope(double x) {
    const double x5 = x * x * x * x * x;
    value = 1 + x5 * x * (-28 + x * (48 - 21 * x));
    slope = x5 * (-168 + x * (336 - 168 * x));
  }
};

}  // namespace md::painn
