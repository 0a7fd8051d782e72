#include <cmath>

#include "md/device/parallel.cuh"
#include "md/potential.hpp"
#include "potentials/support/atom_energies.cuh"

namespace {

using namespace md;

/// E(r) = D ((1 - exp(-a (r - r0)))^2 - 1) of one pair.
struct Pair {
  double depth, a, r0;  // eV, 1/A, A
  double energy(double r) const {
    const double x = 1 - std::exp(-a * (r - r0));
    return depth * (x * x - 1);
  }
  double slope(double r) const {  // dE/dr, eV/A
    const double e = std::exp(-a * (r - r0));
    return 2 * depth * a * e * (1 - e);
  }
};

/// The row of one atom: its force, and half of the energies and virials of its pairs.
struct Row {
  NeighborView neighbors;
  StateView s;
  Pair pair;
  double cutoff, energy_there, slope_there;  // A, eV, eV/A: moved to zero
  double* energy;                            // [n_atoms]
  Mat3* virial;                              // [n_atoms]; null: not wanted

  void operator()(int i) const {
    const int r = s.replica[i];
    Vec3 force;
    Mat3 w;
    double e = 0;
    for (std::int64_t k = neighbors.row[i]; k < neighbors.row[i] + neighbors.count[i]; ++k) {
      const Vec3 d = neighbors.vector(r, i, k);
      const double distance = norm(d);
      if (!(distance < cutoff)) continue;
      e += pair.energy(distance) - energy_there - (distance - cutoff) * slope_there;
      const Vec3 pull = ((pair.slope(distance) - slope_there) / distance) * d;
      force += pull;
      if (virial) w += outer(-0.5 * d, pull);
    }
    s.force[i] += force;
    energy[i] = 0.5 * e;
    if (virial) virial[i] = w;
  }
};

/// P. M. Morse, Phys. Rev. 34, 57 (1929), between all atoms. Energy and force of a pair go to zero
/// at the cutoff.
class Morse final : public Potential {
 public:
  Morse(Pair pair, double cutoff) : pair_(pair) {
    traits_.cutoff = cutoff;
    traits_.periodic = true;
    traits_.virial = true;
    traits_.on_gpu = false;  // this file is compiled by a plain C++ compiler
    traits_.force_noise = 1e-12;
  }
  const PotentialTraits& traits() const override { return traits_; }

  void add_forces(const StateView& s, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    const double cutoff = traits_.cutoff;
    sums_.resize(s, stream);
    for_each_index(stream, s.n_atoms,
                   Row{neighbors.view(), s, pair_, cutoff, pair_.energy(cutoff),
                       pair_.slope(cutoff), sums_.energies(), virial ? sums_.virials() : nullptr},
                   1000);
    sums_.add(s, stream);
    if (virial) sums_.add_virials(s, stream);
  }

 private:
  PotentialTraits traits_;
  Pair pair_;
  AtomEnergies sums_;
};

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const Input& input = options.input;
  const Pair pair{input.positive("potential.depth"), input.positive("potential.steepness"),
                  input.positive("potential.distance")};
  const double cutoff = input.positive("potential.cutoff");
  if (cutoff <= pair.r0)
    input.fail_value("potential.cutoff", "must be longer than potential.distance");
  return std::make_unique<Morse>(pair, cutoff);
}

const bool registered = potentials().add(
    "morse",
    {"Morse potential between all atoms, one kind of pair",
     {{"depth", Kind::energy, "", "depth D of the well", ""},
      {"steepness", Kind::number, "", "a, in 1/A", ""},
      {"distance", Kind::length, "", "r0, where the well is deepest", ""},
      {"cutoff", Kind::length, "", "distance from which on two atoms do not interact", ""}},
     make});

}  // namespace
