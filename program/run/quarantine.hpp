#pragma once

#include <vector>

#include "program/run/stage.hpp"

namespace md {

/// Writes quarantine.r0003.xyz (extended XYZ, last good states) for replicas found bad since the
/// last call and warns of each.
class Quarantine final : public Watch {
 public:
  /// Both must outlive this.
  Quarantine(const Stage& stage, const Replicas& replicas) : stage_(stage), replicas_(replicas) {}

  /// Replicas bad already (an earlier stage, a checkpoint) have been reported.
  void begin(const Stage&, const Replicas&, Simulation& simulation, const Checkpoint*) override;
  void look(Simulation& simulation, double elapsed) override;

  /// "replica 3 (id 3) at step 120: not a number" of the first bad one.
  std::string first(const Simulation& simulation) const;
  /// No replica is running any more.
  bool all_bad(const Simulation& simulation) const;
  bool any_bad(const Simulation& simulation) const;

 private:
  void write(const Simulation& simulation, int r, const std::string& reason) const;

  const Stage& stage_;
  const Replicas& replicas_;
  std::vector<int> status_;
  int frozen_ = 0;
};

}  // namespace md
