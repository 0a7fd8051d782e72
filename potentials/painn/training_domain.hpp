#pragma once

#include <map>
#include <string>
#include <vector>

#include "md/structure.hpp"

namespace md::painn {

/// What a student was trained on, as a cloud of atomic environments for each element: mean and
/// covariance of a short descriptor, and the largest Mahalanobis distance that occurs in the data.
/// The descriptor of atom i: for each element of the model and each shell s,
///   sum_j exp(-((d_ij - r_s) / w)^2) over its neighbors j of that element,
/// shells at 1.0, 1.5, ... 4.0 A with w = 0.5 A (radial symmetry functions; Behler and Parrinello,
/// Phys. Rev. Lett. 98, 146401 (2007)).
class TrainingDomain {
 public:
  /// `elements`: atomic numbers that the descriptor tells apart.
  explicit TrainingDomain(std::vector<int> elements = {}) : elements_(std::move(elements)) {}
  /// Collects environments; without periodicity.
  void add(const std::vector<int>& numbers, const std::vector<Vec3>& positions);
  /// Means and covariances of what was added; then the limits, from a second pass over it.
  void finish_means();
  void widen(const std::vector<int>& numbers, const std::vector<Vec3>& positions);

  bool empty() const { return clouds_.empty(); }
  /// The novelty of each atom: the distance of its environment over the largest in the data. Above
  /// 1: unlike anything learned from; infinite for an element that does not occur.
  std::vector<double> novelty(const std::vector<int>& numbers,
                              const std::vector<Vec3>& positions) const;

  /// The domain as JSON, for the metadata of a model file, and back; throws InputError naming
  /// `where`.
  std::string text() const;
  static TrainingDomain read(const std::string& text, const std::string& where);

 private:
  struct Cloud {
    double count = 0, limit = 0;
    std::vector<double> mean;       // [D]
    std::vector<double> precision;  // [D, D], inverse covariance; while collecting, sums of x x^T
  };
  std::vector<std::vector<double>> describe(const std::vector<int>& numbers,
                                            const std::vector<Vec3>& positions) const;
  double distance(const Cloud& cloud, const std::vector<double>& x) const;

  std::vector<int> elements_;  // columns of the descriptor
  std::map<int, Cloud> clouds_;
};

}  // namespace md::painn
