#pragma once

#include <vector>

#include "program/run/output.hpp"

namespace md {

/// Says once for each replica when it has left what the model was made from (PotentialTraits::
/// novelty). Looks at molecules and clusters of up to 1,000 atoms; others are not judged.
class NoveltyWatch final : public Watch {
 public:
  /// It looks at what `output`, which must outlive it, writes.
  explicit NoveltyWatch(const Output& output) : output_(output) {}
  void begin(const Stage&, const Replicas&, Simulation& simulation, const Checkpoint*) override;
  void look(Simulation& simulation, double elapsed) override;

 private:
  const Output& output_;
  bool known_ = false;
  std::vector<bool> said_;  // [n_replicas]
};

}  // namespace md
