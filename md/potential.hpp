#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "md/force_uncertainty.hpp"
#include "md/input/input.hpp"
#include "md/neighbors/neighbors.hpp"
#include "md/registry.hpp"

namespace md {

/// What a potential claims and needs. The engine obeys or refuses before the run; the conformance
/// tests hold every potential to its claims.
struct PotentialTraits {
  double cutoff = 0;            // A; 0: needs no neighbor list
  bool aperiodic = true;        // takes systems without periodicity
  bool periodic = false;        // takes periodic systems
  bool partly_periodic = true;  // slabs and wires too, where it takes periodic systems
  bool virial = false;          // gives the virial of periodic systems
  bool conservative = true;     // F = -dE/dx
  bool translation_invariant = true;
  bool rotation_invariant = true;
  bool continuous_energy = true;  // no jump where a pair crosses a cutoff
  bool continuous_forces = true;  // nor one of the forces
  bool recordable = false;        // add_forces may stand in a CUDA graph
  bool on_gpu = true;             // runs on a GPU
  std::set<int> elements;         // atomic numbers it knows; empty: any
  double force_noise = 1e-8;      // eV/A, rounding of the forces in the chosen precision
  /// eV/A; an estimated error of the forces above it is a reason not to trust them. 0: the
  /// potential estimates none.
  double uncertainty_threshold = 0;
  double energy_rounding = 2.3e-16;  // rounding of the total energy, relative to it
  bool charge = false;               // takes the charge and spin of a system into account
  std::string caution;  // said before a run: why dynamics may not be trusted; empty: it may
};

/// Names and values that describe a model or a potential: {"cutoff", "5 A"}.
using Description = std::vector<std::pair<std::string, std::string>>;

/// Energy, forces and virial of a whole batch.
class Potential {
 public:
  virtual ~Potential() = default;
  virtual const PotentialTraits& traits() const = 0;

  /// potential[r] += E_r, force[i] += -dE/dx_i, and with `virial` virial[r] += W_r (eV); all three
  /// stand at zero or at the sum of other terms. Replicas that are not running are evaluated too.
  virtual void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                          Stream& stream) = 0;

  /// Of every replica, the estimated error of the forces that add_forces gave last. Outside of
  /// steps; empty where traits().uncertainty_threshold is 0.
  virtual std::vector<ForceUncertainty> uncertainty(const StateView&, Stream&) { return {}; }

  /// The model, for logs and `understudy check`; may be empty.
  virtual Description describe() const { return {}; }
};

/// What a factory gets. The factory checks its own keys and files and throws InputError.
struct PotentialOptions {
  const Input& input;  // section [potential]
  Device device;
  int threads = 1;
  bool strict = false;    // run.determinism = strict: a replica's bits do not depend on the batch
  std::string precision;  // "float32" | "float64" | "tf32x3" | "tf32" | "bf16" | "fp16"
};

using PotentialRegistry = Registry<Factory<Potential, PotentialOptions>>;
/// All potentials of this program by name. Keys common to several (model, precision) are the
/// section's own; a key like `epsilon` belongs to the entries that list it.
PotentialRegistry& potentials();

}  // namespace md
