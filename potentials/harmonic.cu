#include "md/device/parallel.cuh"
#include "md/potential.hpp"
#include "potentials/support/atom_energies.cuh"

namespace md {
namespace {

struct HarmonicForce {
  StateView s;
  double stiffness;  // eV/A^2
  double* energy;    // [n_atoms]
  MD_HD void operator()(int i) const {
    const Vec3 x = s.position[i];
    energy[i] = 0.5 * stiffness * dot(x, x);
    s.force[i] += -stiffness * x;
  }
};

/// Every atom bound to the origin: E = 1/2 k sum |x|^2. Has an exact solution, so it serves to test
/// integrators and thermostats.
class Harmonic final : public Potential {
 public:
  explicit Harmonic(double stiffness) : stiffness_(stiffness) {
    traits_.translation_invariant = false;
    traits_.recordable = true;
    traits_.force_noise = 1e-12;
  }
  const PotentialTraits& traits() const override { return traits_; }

  void add_forces(const StateView& s, const NeighborList&, bool, Stream& stream) override {
    energies_.resize(s, stream);
    for_each_index(stream, s.n_atoms, HarmonicForce{s, stiffness_, energies_.energies()});
    energies_.add(s, stream);
  }

 private:
  PotentialTraits traits_;
  double stiffness_;
  AtomEnergies energies_;
};

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  return std::make_unique<Harmonic>(options.input.positive("potential.stiffness"));
}

const bool registered = potentials().add(
    "harmonic", {"Every atom bound to the origin: E = 1/2 k |x|^2, for tests and teaching",
                 {{"stiffness", Kind::stiffness, "", "force constant k", ""}},
                 make});

}  // namespace
}  // namespace md
