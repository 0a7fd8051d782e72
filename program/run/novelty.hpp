#pragma once

#include <vector>

#include "program/run/stage.hpp"

namespace md {

/// Says once for each replica when it has left what the model was made from (PotentialTraits::
/// novelty). Looks at molecules and clusters of up to 1,000 atoms; others are not judged.
class NoveltyWatch {
 public:
  explicit NoveltyWatch(const Simulation& simulation);
  void look(const Simulation& simulation);

 private:
  bool known_;
  std::vector<bool> said_;  // [n_replicas]
};

}  // namespace md
