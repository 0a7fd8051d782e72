#pragma once

#include <vector>

#include "program/run/stage.hpp"

namespace md {

/// Writes quarantine.r0003.xyz (extended XYZ, last good states) for replicas found bad since the
/// last call and warns of each.
class Quarantine {
 public:
  /// Replicas bad already (an earlier stage, a checkpoint) have been reported.
  Quarantine(const Simulation& simulation, const Stage& stage);
  void report(const Simulation& simulation);

  /// "replica 3 (id 3) at step 120: not a number" of the first bad one.
  std::string first(const Simulation& simulation) const;
  /// No replica is running any more.
  bool all_bad(const Simulation& simulation) const;
  bool any_bad(const Simulation& simulation) const;

 private:
  void write(const Simulation& simulation, int r, const std::string& reason) const;

  const Stage& stage_;
  std::vector<int> status_;
  int frozen_ = 0;
};

}  // namespace md
