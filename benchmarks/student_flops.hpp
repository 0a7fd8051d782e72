#pragma once

#include "potentials/painn/painn_model.hpp"

namespace md {

/// Floating-point operations of the matrix products that energy and forces of one atom need, a
/// multiplication and an addition counted as two. Products with weights only; filters, which may be
/// tabulated, and work over edges do not count, nor do results that nothing depends on.
///
/// With F channels, L layers, H hidden units of the readout, multiplications per atom:
///   senders' network      F x F + F x 3F        4 F^2   but in layer 0, where it follows from the
///                                                       element alone
///   mixing of the vectors 3 rows of F x 2F      6 F^2
///   mixing of the scalars 2F x F + F x 3F       5 F^2   in the last layer F x 2F for the second:
///                                                       its vectors are read by nobody
///   readout               F x H
/// forward, and each once more, transposed, in the reverse pass (the weights are constants).
/// F = 128, L = 3, H = 64: 2 (8 + 18 + 14 + 1/2) F^2 = 81 F^2 multiplications, 2.65 MFLOP.
inline double needed_flops_per_atom(const painn::PainnModel& model) {
  const double f = model.channels, h = model.head0.out;
  const double layers = static_cast<double>(model.layers.size());
  const double forward =
      4 * f * f * (layers - 1) + 6 * f * f * layers + 5 * f * f * layers - f * f + f * h;
  return 2 * 2 * forward;
}

}  // namespace md
