#pragma once

#include <vector>

#include "md/writer.hpp"

namespace md {

/// What the rows of the log say of each replica in the end: mean temperature and the drift of the
/// total energy, by least squares over the rows while it was running.
class Samples {
 public:
  explicit Samples(int n_replicas) : sums_(n_replicas) {}
  void add(const Frame& frame);

  double mean_temperature(int r) const;  // K
  double energy_drift(int r) const;      // eV/ps; 0 for fewer than two rows

  std::vector<double> pack() const;
  void unpack(const std::vector<double>& values);
  static constexpr int n_values = 7;  // per replica in a checkpoint

 private:
  struct Sums {
    double n = 0, first_energy = 0, time = 0, time2 = 0, energy = 0, time_energy = 0,
           temperature = 0;
  };
  std::vector<Sums> sums_;
};

}  // namespace md
