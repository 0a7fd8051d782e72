#include <algorithm>

#include "md/device/parallel.cuh"
#include "md/potential.hpp"
#include "potentials/lennard_jones.hpp"
#include "potentials/support/atom_energies.cuh"

namespace md {
namespace {

/// Rows of a fixed range of atoms by vector code, on the host.
struct Block {
  static constexpr int size = 32;
  lennard_jones::Rows rows;
  void operator()(int b) const {
    lennard_jones::compute_rows(rows, b * size, std::min((b + 1) * size, rows.neighbors.n_atoms));
  }
};

/// Lennard-Jones with one kind of atom; J. E. Lennard-Jones, Proc. Phys. Soc. 43, 461 (1931). Cut
/// off at a distance and, with `shift`, moved to zero energy there; the forces are cut, not moved.
class LennardJones final : public Potential {
 public:
  LennardJones(double epsilon, double sigma, double cutoff, bool shift) {
    traits_.cutoff = cutoff;
    traits_.periodic = true;
    traits_.virial = true;
    traits_.recordable = true;
    traits_.continuous_energy = shift;
    traits_.continuous_forces = false;
    traits_.force_noise = 1e-12;  // double throughout, some hundred neighbors
    const double s2 = sigma * sigma / (cutoff * cutoff), s6 = s2 * s2 * s2;
    parameters_ = {4 * epsilon, sigma * sigma, cutoff * cutoff,
                   shift ? 4 * epsilon * (s6 * (s6 - 1)) : 0};
  }
  const PotentialTraits& traits() const override { return traits_; }

  void add_forces(const StateView& s, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    energies_.resize(s, stream);
    const lennard_jones::Rows rows{neighbors.view(),     s.replica,
                                   parameters_,          s.force,
                                   energies_.energies(), virial ? energies_.virials() : nullptr};
    if (stream.device().is_cuda())
      for_each_index(stream, s.n_atoms, lennard_jones::Row{rows});
    else
      for_each_index_on_host(stream, (s.n_atoms + Block::size - 1) / Block::size, Block{rows},
                             5000);
    energies_.add(s, stream);
    if (virial) energies_.add_virials(s, stream);
  }

 private:
  PotentialTraits traits_;
  lennard_jones::Parameters parameters_;
  AtomEnergies energies_;
};

std::unique_ptr<Potential> make(const PotentialOptions& options) {
  const Input& input = options.input;
  return std::make_unique<LennardJones>(
      input.positive("potential.epsilon"), input.positive("potential.sigma"),
      input.positive("potential.cutoff"), input.flag("potential.shift"));
}

const bool registered = potentials().add(
    "lennard_jones",
    {"12-6 Lennard-Jones, one kind of atom, cut off",
     {{"epsilon", Kind::energy, "", "depth of the well", ""},
      {"sigma", Kind::length, "", "distance of zero energy (before the shift)", ""},
      {"cutoff", Kind::length, "", "distance from which on two atoms do not interact", ""},
      {"shift", Kind::flag, "yes", "shift the energy of a pair to zero at the cutoff", ""}},
     make});

}  // namespace
}  // namespace md
