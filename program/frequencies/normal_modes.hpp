#pragma once

#include <array>
#include <vector>

#include "md/potential.hpp"
#include "md/structure.hpp"
#include "program/frequencies/hessian.hpp"

namespace md {

/// Mass, place and shape of a molecule as a rigid body.
struct RigidBody {
  double mass = 0;                  // u
  Vec3 center;                      // of mass, A
  std::array<double, 3> moments{};  // u A^2, rising
  Mat3 axes;                        // rows, of these moments
  /// How many axes it can turn about: 3, 2 for a linear molecule, 0 for an atom.
  int rotations() const;
};

RigidBody rigid_body(const Structure& system);

/// Vibrations in rising order; those of the system as a whole are not among them.
struct NormalModes {
  std::vector<double> wavenumbers;               // cm^-1; imaginary ones negative
  std::vector<std::vector<Vec3>> displacements;  // [modes][atoms] of length one, held atoms zero
  /// What the motions of the system as a whole come out as, which were projected out: how exact
  /// the rest is. cm^-1, as above; zero without rounding, unrest and kinks of the forces.
  std::vector<double> rigid;
  int n_imaginary() const;
};

/// Translations are projected out where no atom is held and the potential does not depend on the
/// place, rotations likewise where nothing is periodic: 3 N - 6 modes, 3 N - 5 of a linear
/// molecule, 3 N - 3 of a periodic system, 3 for every atom that moves beside held ones.
NormalModes normal_modes(const Structure& system, const Hessian& hessian,
                         const PotentialTraits& traits);

}  // namespace md
