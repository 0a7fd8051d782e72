#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "md/evaluator.hpp"
#include "md/minimizer/coordinates.hpp"

namespace md {

struct MinimizeOptions {
  std::string method = "lbfgs";    // a name of descents()
  double force_tolerance = 0.01;   // eV/A: for the norm of the force on any atom that is not held
  double stress_tolerance = 1e-4;  // eV/A^3: for any component that could move the cell
  int max_steps = 500;             // moves of one system
  CellRelaxation cell = CellRelaxation::no;
};

/// Where a system came to rest. One that has not converged stands where its energy was lowest.
struct Minimized {
  Structure structure;    // as given, with new positions and cell; velocities are those given
  Evaluation evaluation;  // there, held atoms included; the virial where the system is periodic
  int steps = 0;          // evaluations after the first
  bool converged = false;
};

/// Brings any number of systems to rest, many at once: those that have converged leave the batch,
/// others enter. What comes out of a system does not depend on the ones beside it as far as the
/// potential's bits do not. Atoms that are held stay.
class Minimizer {
 public:
  /// The evaluator must outlive it. Throws InputError for a method that is not there.
  Minimizer(Evaluator& evaluator, MinimizeOptions options);

  using Next = std::function<std::optional<Structure>()>;
  using Done = std::function<void(std::size_t index, Minimized result)>;
  /// Takes systems from `next` until there are no more, and tells `done` of each, counted from 0 in
  /// the order of `next`, as soon as it rests.
  void minimize(const Next& next, const Done& done);
  /// In the order given.
  std::vector<Minimized> minimize(std::span<const Structure> systems);

 private:
  struct System;
  bool finish(System& system, const Structure& now, Evaluation& result) const;

  Evaluator& evaluator_;
  MinimizeOptions options_;
};

}  // namespace md
