#pragma once

#include <cstdint>
#include <vector>

#include "md/device/array.hpp"
#include "md/structure.hpp"
#include "md/vec3.hpp"

namespace md {

/// What a replica is doing. Only running replicas are moved by an integrator.
enum class Status : int { running = 0, finished = 1, quarantined = 2, stopped = 3 };
/// "running", "finished", ...: the word for it in log.csv and summary.json.
const char* name(Status status);

/// Why a replica was found bad; bits, since several limits can break in one step.
enum Fault : int {
  fault_not_finite = 1,
  fault_force = 2,
  fault_temperature = 4,
  fault_distance = 8,
  fault_lost = 16,         // an atom left the range in which its periodic image can be counted
  fault_teacher = 32,      // the teacher disagrees: teacher.policy = stop
  fault_uncertainty = 64,  // the potential does not trust itself: safety.max_uncertainty
};
/// "not a number", "force above safety.max_force", ...; several joined by "; ".
std::string describe_fault(int fault);

/// Pointers into device memory; copied by value into kernels. Units: A, A/fs, eV/A, u, eV, K, 1/fs.
/// Replicas lie back to back: the atoms of r are first_atom[r] ... first_atom[r + 1] - 1.
struct StateView {
  int n_atoms = 0;
  int n_replicas = 0;
  Vec3* position = nullptr;                  // [n_atoms] never wrapped into the cell
  Vec3* velocity = nullptr;                  // [n_atoms]
  Vec3* force = nullptr;                     // [n_atoms]
  const double* mass = nullptr;              // [n_atoms]
  const int* fixed = nullptr;                // [n_atoms] not 0: held in place; null: no atom is
  const int* number = nullptr;               // [n_atoms] atomic number
  const int* replica = nullptr;              // [n_atoms] which replica the atom belongs to
  const int* first_atom = nullptr;           // [n_replicas + 1]
  const Mat3* cell = nullptr;                // [n_replicas] rows are lattice vectors
  const Periodicity* periodic = nullptr;     // [n_replicas]
  const double* temperature = nullptr;       // [n_replicas] of the thermostat
  const double* friction = nullptr;          // [n_replicas] 1/fs
  const std::uint32_t* random_id = nullptr;  // [n_replicas] the replica's own number
  const int* freedom = nullptr;              // [n_replicas] degrees of freedom
  double* potential = nullptr;               // [n_replicas]
  double* kinetic = nullptr;                 // [n_replicas]
  Mat3* virial = nullptr;                    // [n_replicas] -sum r (x) dE/dr, eV
  int* status = nullptr;                     // [n_replicas] Status
  int* fault = nullptr;                      // [n_replicas] Fault bits
  std::int64_t* fault_step = nullptr;        // [n_replicas] step at which it was found bad
  std::int64_t* step = nullptr;              // [1] completed steps, the same for the whole batch
  int* halt = nullptr;                       // [1] not 0: a capacity ran out; see Stream::set_gate

  MD_HD bool running(int r) const { return status[r] == static_cast<int>(Status::running); }
  /// Whether an integrator moves the atom and changes its velocity: not in a replica that is not
  /// running, and not where the atom is held in place.
  MD_HD bool moves(int atom) const {
    return running(replica[atom]) && (fixed == nullptr || fixed[atom] == 0);
  }
};

/// Per-replica settings that do not come from a structure file.
struct ReplicaSettings {
  double temperature = 0;  // K
  double friction = 0;     // 1/fs
  std::uint32_t id = 0;
  int freedom = 0;
};

/// The whole batch: one owner for heterogeneous replicas back to back on one device.
class State {
 public:
  /// `settings` has one element per system. Velocities absent from a structure and those of held
  /// atoms are zero.
  State(Device device, const std::vector<Structure>& systems,
        const std::vector<ReplicaSettings>& settings);

  StateView view();
  const Device& device() const { return device_; }
  int n_atoms() const { return static_cast<int>(position.size()); }
  int n_replicas() const { return static_cast<int>(cell.size()); }
  /// Host copy of first_atom, which never changes.
  const std::vector<int>& first_atom() const { return first_atom_host_; }

  Array<Vec3> position, velocity, force;
  Array<double> mass;
  Array<int> fixed;  // empty where no atom is held
  Array<int> number, replica, first_atom_device;
  Array<Mat3> cell;
  Array<Periodicity> periodic;
  Array<double> temperature, friction;
  Array<std::uint32_t> random_id;
  Array<int> freedom;
  Array<double> potential, kinetic;
  Array<Mat3> virial;
  Array<int> status, fault;
  Array<std::int64_t> fault_step, step;
  Array<int> halt;

 private:
  Device device_;
  std::vector<int> first_atom_host_;
};

}  // namespace md
