#pragma once

#include <vector>

#include "md/evaluator.hpp"

namespace md {

/// What of a periodic cell moves with the atoms: nothing, its size, or its size and shape.
enum class CellRelaxation { no, isotropic, full };

/// What a minimiser moves of one system, as coordinates u. Without a moving cell they are the
/// positions of the atoms. With one x = u D and cell = start D for a deformation D, and three more
/// rows, D times a length, make the cell about as stiff as an atom (E. B. Tadmor et al., Phys. Rev.
/// B 59, 235 (1999)). D is symmetric: the cell does not turn.
class Coordinates {
 public:
  /// A cell moves where the system is periodic along all three directions.
  Coordinates(const Structure& start, CellRelaxation cell);

  std::vector<Vec3>& values() { return values_; }  // [n], or [n + 3] with a moving cell
  /// Positions and cell of the coordinates as they are.
  void place(Structure& system) const;
  /// -dE/du, zero where an atom of `system` is held.
  std::vector<Vec3> forces(const Structure& system, const Evaluation& result) const;
  /// Largest component of the stress that could still move the cell, eV/A^3; 0: none could.
  double largest_stress(const Structure& system, const Evaluation& result) const;

 private:
  bool cell_moves() const { return cell_ != CellRelaxation::no; }
  Mat3 deformation() const;
  /// The part of a symmetric matrix that the cell follows.
  Mat3 followed(const Mat3& matrix) const;

  CellRelaxation cell_;
  Mat3 start_;
  double length_;  // A
  std::vector<Vec3> values_;
};

}  // namespace md
