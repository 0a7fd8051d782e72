#include "md/state.hpp"

#include <cstdint>

#include "md/text.hpp"

namespace md {

const char* name(Status status) {
  switch (status) {
    case Status::running:
      return "running";
    case Status::finished:
      return "finished";
    case Status::quarantined:
      return "quarantined";
    case Status::stopped:
      return "stopped";
  }
  return "unknown";
}

std::string describe_fault(int fault) {
  std::vector<std::string> reasons;
  if (fault & fault_not_finite) reasons.emplace_back("not a number");
  if (fault & fault_force) reasons.emplace_back("force above safety.max_force");
  if (fault & fault_temperature) reasons.emplace_back("temperature above safety.max_temperature");
  if (fault & fault_distance) reasons.emplace_back("two atoms nearer than safety.min_distance");
  if (fault & fault_lost) reasons.emplace_back("an atom flew away");
  if (fault & fault_uncertainty) reasons.emplace_back("uncertainty above safety.max_uncertainty");
  if (fault & fault_teacher)
    reasons.emplace_back("too far from the teacher (teacher.policy is stop)");
  return join(reasons, "; ");
}

State::State(Device device, const std::vector<Structure>& systems,
             const std::vector<ReplicaSettings>& settings)
    : device_(device), first_atom_host_(first_atoms(systems)) {
  std::vector<Vec3> positions, velocities;
  std::vector<double> masses, temperatures, frictions;
  std::vector<int> numbers, replicas, freedoms, held;
  bool any_held = false;
  std::vector<Periodicity> periodics;
  std::vector<Mat3> cells;
  std::vector<std::uint32_t> ids;
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const Structure& system = systems[r];
    positions.insert(positions.end(), system.positions.begin(), system.positions.end());
    if (system.velocities.empty())
      velocities.resize(positions.size());
    else
      velocities.insert(velocities.end(), system.velocities.begin(), system.velocities.end());
    for (int i = 0; i < system.size(); ++i) {
      numbers.push_back(system.numbers[i]);
      masses.push_back(system.mass(i));
      replicas.push_back(static_cast<int>(r));
      held.push_back(system.is_fixed(i) ? 1 : 0);
      if (system.is_fixed(i)) velocities[numbers.size() - 1] = {};
    }
    any_held = any_held || system.n_fixed() > 0;
    cells.push_back(system.cell);
    periodics.push_back(system.periodic);
    temperatures.push_back(settings[r].temperature);
    frictions.push_back(settings[r].friction);
    ids.push_back(settings[r].id);
    freedoms.push_back(settings[r].freedom);
  }

  position = {device, positions};
  velocity = {device, velocities};
  mass = {device, masses};
  if (any_held) fixed = {device, held};
  number = {device, numbers};
  replica = {device, replicas};
  first_atom_device = {device, first_atom_host_};
  cell = {device, cells};
  periodic = {device, periodics};
  temperature = {device, temperatures};
  friction = {device, frictions};
  random_id = {device, ids};
  freedom = {device, freedoms};

  const std::size_t n = systems.size();
  const auto zeros = [&]<class T>(Array<T>& array, std::size_t size) {
    array = Array<T>(device, std::vector<T>(size));
  };
  zeros(force, positions.size());
  zeros(potential, n);
  zeros(kinetic, n);
  zeros(virial, n);
  zeros(status, n);
  zeros(fault, n);
  zeros(fault_step, n);
  zeros(step, 1);
  zeros(halt, 1);
}

StateView State::view() {
  StateView view;
  view.n_atoms = n_atoms();
  view.n_replicas = n_replicas();
  view.position = position.data();
  view.velocity = velocity.data();
  view.force = force.data();
  view.mass = mass.data();
  view.fixed = fixed.data();
  view.number = number.data();
  view.replica = replica.data();
  view.first_atom = first_atom_device.data();
  view.cell = cell.data();
  view.periodic = periodic.data();
  view.temperature = temperature.data();
  view.friction = friction.data();
  view.random_id = random_id.data();
  view.freedom = freedom.data();
  view.potential = potential.data();
  view.kinetic = kinetic.data();
  view.virial = virial.data();
  view.status = status.data();
  view.fault = fault.data();
  view.fault_step = fault_step.data();
  view.step = step.data();
  view.halt = halt.data();
  return view;
}

}  // namespace md
