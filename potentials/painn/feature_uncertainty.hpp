#pragma once

#include <optional>
#include <vector>

#include "md/device/array.hpp"
#include "md/potential.hpp"
#include "potentials/painn/painn_model.hpp"

namespace md::painn {

/// Evaluates the Uncertainty of a model on a device, in double, from features that a potential has
/// left there. Not part of a step: it allocates and waits.
class FeatureUncertainty {
 public:
  FeatureUncertainty(const PainnModel& model, Device device);

  /// Estimated error of every replica's forces; `features`, [n_atoms, stride] of
  /// which the first H count, are the device's.
  template <class T>
  std::vector<ForceUncertainty> evaluate(const StateView& state, const T* features, int stride,
                                         Stream& stream) const;

 private:
  Device device_;
  int hidden_;
  double calibration_;
  Array<int> row_;        // [Z up to the largest] of an element's statistics; -1: there are none
  Array<double> weight_;  // [E, H (H + 1) / 2] inverse factor with the scale taken in
  Array<double> offset_;  // [E, H] and with the mean: weight f + offset is without correlation
  Array<double> sums_;    // [(H + 1) (H + 2) / 2]
};

/// Nothing where the model does not say.
std::optional<FeatureUncertainty> feature_uncertainty(const PainnModel& model, Device device);

}  // namespace md::painn
