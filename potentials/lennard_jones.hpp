#pragma once

#include "md/neighbors/neighbors.hpp"

namespace md::lennard_jones {

/// E = sum over pairs with r < cutoff of 4 epsilon ((sigma/r)^12 - (sigma/r)^6) - shift.
struct Parameters {
  double epsilon4 = 0;  // 4 epsilon, eV
  double sigma2 = 0;    // A^2
  double cutoff2 = 0;   // A^2
  double shift = 0;     // eV, of one pair
};

/// What a row computes from and where it puts its result.
struct Rows {
  NeighborView neighbors;
  const int* replica = nullptr;  // [n_atoms]
  Parameters parameters;
  Vec3* force = nullptr;     // [n_atoms] eV/A, added to
  double* energy = nullptr;  // [n_atoms] eV, half of each pair
  Mat3* virial = nullptr;    // [n_atoms] eV, half of each pair; null: not wanted
};

/// The force on one atom, its half of the pair energies and of the virial, by plain code: what a
/// GPU thread does and what the vector code is tested against.
struct Row {
  Rows rows;
  MD_HD void operator()(int i) const {
    const NeighborView& n = rows.neighbors;
    const Parameters& p = rows.parameters;
    const int r = rows.replica[i];
    Vec3 force;
    Mat3 virial;
    double energy = 0;
    for (std::int64_t k = n.row[i]; k < n.row[i] + n.count[i]; ++k) {
      const Vec3 d = n.vector(r, i, k);
      const double r2 = dot(d, d);
      if (!(r2 < p.cutoff2)) continue;
      const double inverse2 = 1 / r2, s2 = p.sigma2 * inverse2, s6 = s2 * s2 * s2;
      energy += p.epsilon4 * (s6 * (s6 - 1)) - p.shift;
      // dE/dr / r = -4 epsilon (12 s^12 - 6 s^6) / r^2
      const Vec3 pull = p.epsilon4 * inverse2 * s6 * (6 - 12 * s6) * d;
      force += pull;
      if (rows.virial) virial += outer(-0.5 * d, pull);
    }
    rows.force[i] += force;
    rows.energy[i] = 0.5 * energy;
    if (rows.virial) rows.virial[i] = virial;
  }
};

/// What Row does for the atoms [begin, end), with the widest vectors of this processor.
void compute_rows(const Rows& rows, int begin, int end);

}  // namespace md::lennard_jones
