#pragma once

#include <functional>
#include <span>
#include <vector>

#include "md/evaluator.hpp"

namespace md {

/// Second derivatives of the energy of one system by its atoms that are not held.
struct Hessian {
  std::vector<int> atoms;      // that may move, n of them
  std::vector<double> values;  // [3 n, 3 n] eV/A^2, symmetric
  Evaluation start;            // where nothing is displaced
};

/// By central differences of the forces, every coordinate moved by `displacement` (A) both ways;
/// the displaced structures of many systems make batches together. `done` is told of each system in
/// their order.
void hessians(Evaluator& evaluator, std::span<const Structure> systems, double displacement,
              const std::function<void(std::size_t, Hessian)>& done);

}  // namespace md
