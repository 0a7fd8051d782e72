#include "md/simulation.hpp"

#include <algorithm>
#include <chrono>

#include "md/units.hpp"

namespace md {
namespace {

/// Adds the wall time since the last call to one phase.
class Lap {
 public:
  void operator()(double& phase) {
    const auto now = std::chrono::steady_clock::now();
    phase += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

double list_cutoff(const Potential& potential, const SafetyLimits& limits) {
  return std::max(potential.traits().cutoff, limits.min_distance);
}

}  // namespace

Simulation::Simulation(Device device, int threads, const std::vector<Structure>& systems,
                       const std::vector<ReplicaSettings>& settings, Potential& potential,
                       std::unique_ptr<Integrator> integrator, double skin,
                       const SafetyLimits& limits)
    : stream_(device, threads),
      state_(device, systems, settings),
      potential_(potential),
      integrator_(std::move(integrator)),
      safety_(state_, limits),
      neighbors_(state_, list_cutoff(potential, limits), skin, stream_) {
  if (integrator_) integrator_->prepare(state_.view(), stream_);
  stream_.set_gate(state_.halt.data());
}

void Simulation::first_half() {
  safety_.remember(state_.view(), stream_);
  integrator_->before_forces(state_.view(), stream_);
}

void Simulation::refresh() { neighbors_.refresh(stream_); }

void Simulation::forces(bool virial) {
  clear_forces(state_.view(), virial, stream_);
  potential_.add_forces(state_.view(), neighbors_, virial, stream_);
}

void Simulation::second_half() {
  integrator_->after_forces(state_.view(), stream_);
  safety_.check(state_.view(), neighbors_, 1, stream_);
  advance_clock(state_.view(), stream_);
}

/// After a refresh: enlarges what overflowed. The graphs hold the old addresses then.
bool Simulation::repair() {
  if (state_.halt.read(0) == 0) return false;
  while (neighbors_.enlarge(stream_)) {
  }
  before_.forget();
  after_.forget();
  for (StepGraph& graph : whole_) graph.forget();
  return true;
}

void Simulation::evaluate(bool virial) {
  refresh();
  repair();
  forces(virial);
  safety_.check(state_.view(), neighbors_, 0, stream_);
  stream_.synchronize();
}

void Simulation::advance(std::int64_t n, bool virial) {
  if (stream_.device().is_cuda() && potential_.traits().recordable)
    return advance_recorded(n, virial);
  Lap lap;
  for (std::int64_t k = 0; k < n; ++k) {
    if (stream_.device().is_cuda()) {
      before_.run(stream_, [this] { first_half(), refresh(); });
    } else {
      first_half();
      lap(times_.integrator);
      refresh();
    }
    repair();
    lap(times_.neighbors);
    forces(virial && k == n - 1);
    lap(times_.potential);
    after_.run(stream_, [this] { second_half(); });
    lap(times_.integrator);
  }
  stream_.synchronize();
}

void Simulation::advance_recorded(std::int64_t n, bool virial) {
  Lap lap;
  const std::int64_t target = step() + n;
  for (std::int64_t now = target - n; now < target;) {
    for (; now < target; ++now) {
      const bool with = virial && now == target - 1;
      whole_[with].run(stream_, [this, with] {
        first_half();
        refresh();
        forces(with);
        second_half();
      });
    }
    stream_.synchronize();
    now = step();
    if (repair()) {  // the step stands still between its refresh and its forces: finish it
      forces(virial && now == target - 1);
      second_half();
      ++now;
    }
  }
  stream_.synchronize();
  lap(times_.potential);
}

void Simulation::quarantine(const std::vector<int>& replicas, Fault fault) {
  stream_.synchronize();
  std::vector<int> status = state_.status.download(), faults = state_.fault.download();
  std::vector<std::int64_t> steps = state_.fault_step.download();
  for (int r : replicas) {
    status[r] = static_cast<int>(Status::quarantined);
    faults[r] |= fault;
    steps[r] = step();
  }
  state_.status.upload(status);
  state_.fault.upload(faults);
  state_.fault_step.upload(steps);
  safety_.set_frozen(safety_.n_frozen() + static_cast<int>(replicas.size()));
}

void Simulation::read(Frame& frame, bool velocities, bool forces, bool virial) const {
  frame.step = step();
  state_.position.download(frame.position);
  frame.velocity.clear();
  frame.force.clear();
  frame.uncertainty.clear();
  if (velocities) state_.velocity.download(frame.velocity);
  if (forces) state_.force.download(frame.force);
  state_.cell.download(frame.cell);
  state_.potential.download(frame.potential);
  state_.kinetic.download(frame.kinetic);
  state_.status.download(frame.status);
  const std::vector<int> freedom = state_.freedom.download();
  frame.temperature.resize(freedom.size());
  for (std::size_t r = 0; r < freedom.size(); ++r)
    frame.temperature[r] =
        freedom[r] > 0 ? 2 * frame.kinetic[r] / (units::boltzmann * freedom[r]) : 0;
  frame.stress.clear();
  if (!virial) return;
  state_.virial.download(frame.stress);
  for (std::size_t r = 0; r < freedom.size(); ++r) {
    const double volume = std::abs(determinant(frame.cell[r]));
    frame.stress[r] = (volume > 0 ? -1 / volume : 0) * frame.stress[r];
  }
}

std::size_t Simulation::bytes() const {
  const std::size_t per_atom = 3 * sizeof(Vec3) * (1 + Safety::slots) + sizeof(Vec3) + 24;
  return per_atom * state_.n_atoms() + 400u * state_.n_replicas() + neighbors_.bytes();
}

}  // namespace md
