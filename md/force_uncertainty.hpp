#pragma once

namespace md {

/// What a potential thinks of its own forces on a replica.
struct ForceUncertainty {
  double error = 0;  // eV/A, estimate of the mean absolute error
  int atom = 0;      // of the replica, from 0: the one most unlike what the model was made from
};

}  // namespace md
