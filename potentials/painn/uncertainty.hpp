#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "potentials/support/safetensors.hpp"
#include "potentials/support/safetensors_writer.hpp"

namespace md::painn {

/// How far the features f = silu(head0 s), H numbers per atom, of a structure lie from those of the
/// training data, and the error of the forces that goes with it.
///   m = max over atoms of sqrt(z^T C_Z^-1 z / H), z the features standardised per element, C_Z
///       their correlation + 1e-3: one atom unlike any of its element in the data;
///   l = sqrt(g^T G^-1 g), g = [sum f, 1 n] / sqrt n, G = <g g^T> + 1e-7 tr G / (H + 1): how freely
///       the last layer could change the energy and leave those of the data as they are;
///   u = sqrt(m l), estimated error = calibration u (eV/A).
/// Both inverses stand as the inverse of a Cholesky factor, packed by rows: row r has r + 1
/// numbers. In single precision these lose nothing that matters, which the inverse itself would.
struct Uncertainty {
  int hidden = 0;             // H; 0: the model does not say
  std::vector<double> mean;   // [E, H], elements in rising order
  std::vector<double> scale;  // [E, H] standard deviations; 0: the element is not in the data
  std::vector<double> atoms;  // [E, H (H + 1) / 2] inverse factors of C_Z
  std::vector<double> sums;   // [(H + 1) (H + 2) / 2] that of G
  double calibration = 0;     // eV/A for u = 1
  double threshold = 0;       // eV/A: 99 % of normal frames are below

  bool empty() const { return hidden == 0; }

  static constexpr const char* prefix = "uncertainty.";
  /// From the tensors `uncertainty.*`; empty where there is none. Throws InputError naming file and
  /// tensor: one of them missing, of a wrong shape, not finite, or with a value that cannot be.
  static Uncertainty read(const Safetensors& file, int n_elements, int hidden);
  std::vector<TensorToWrite> tensors(int n_elements) const;
};

/// Makes an Uncertainty from the features of the training data, in one pass.
class UncertaintyFit {
 public:
  UncertaintyFit(const std::set<int>& elements, int hidden);
  /// The features of a structure, [numbers.size(), H].
  void add(std::span<const int> numbers, std::span<const double> features);
  /// Without calibration and threshold, which are 1 and infinite. Throws InputError when nothing
  /// was added.
  Uncertainty finish() const;

 private:
  struct Moments {
    double count = 0;
    std::vector<double> origin, sum, products;  // of differences to the first; [H], [H], [H, H]
  };
  int hidden_;
  std::map<int, Moments> moments_;  // by element
  double n_structures_ = 0;
  std::vector<double> sums_;  // [H + 1, H + 1] of g g^T
};

/// calibration: the geometric mean of error / u over frames of molecules that were left out;
/// threshold: the calibrated u below which 99 % of `normal` are. False where
/// these frames cannot say it: there are none, or all are without error.
struct CalibrationFrame {
  double u, force_mae;  // force_mae in eV/A
};
bool calibrate(Uncertainty& uncertainty, std::span<const CalibrationFrame> left_out,
               std::vector<double> normal);

}  // namespace md::painn
