#include "program/audit/handover.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace md {

HandoverPotential::HandoverPotential(Potential& student, TimedEvaluator& teacher,
                                     std::vector<Structure> systems, double skin)
    : student_(student),
      teacher_(teacher),
      systems_(std::move(systems)),
      first_(first_atoms(systems_)),
      skin_(skin),
      traits_(student_.traits()),
      student_recordable_(traits_.recordable),
      student_energy_(systems_.size()),
      student_force_(systems_.size()) {
  const PotentialTraits& t = teacher.potential().traits();
  traits_.virial = traits_.virial && t.virial;
  traits_.conservative = traits_.conservative && t.conservative;
  traits_.translation_invariant = traits_.translation_invariant && t.translation_invariant;
  traits_.rotation_invariant = traits_.rotation_invariant && t.rotation_invariant;
  traits_.force_noise = std::max(traits_.force_noise, t.force_noise);
}

void HandoverPotential::add_forces(const StateView& state, const NeighborList& neighbors,
                                   bool virial, Stream& stream) {
  student_.add_forces(state, neighbors, virial, stream);
  if (by_teacher_.empty()) return;
  stream.synchronize();
  keep_student(state, stream.device());
  replace(state, virial, stream);
}

void HandoverPotential::keep_student(const StateView& state, const Device& device) {
  for (int r : by_teacher_) {
    const std::size_t n = systems_[r].numbers.size();
    student_force_[r].resize(n);
    copy_to_host(device, student_force_[r].data(), state.force + first_[r], n * sizeof(Vec3));
    copy_to_host(device, &student_energy_[r], state.potential + r, sizeof(double));
  }
}

/// A simulation of the replicas that are handed over, at their positions of now.
void HandoverPotential::regroup(const StateView& state, const Device& device) {
  group_.reset();
  if (by_teacher_.empty()) return;
  std::vector<Structure> group;
  for (int r : by_teacher_) {
    copy_to_host(device, systems_[r].positions.data(), state.position + first_[r],
                 systems_[r].positions.size() * sizeof(Vec3));
    group.push_back(systems_[r]);
    group.back().velocities.clear();
  }
  group_ = teacher_.simulation(group, skin_);
}

void HandoverPotential::replace(const StateView& state, bool virial, Stream& stream) {
  const auto start = std::chrono::steady_clock::now();
  const Device& device = stream.device();
  if (group_->n_frozen() > 0) regroup(state, device);  // a bad state has been put back since
  State& group = group_->state();
  std::vector<Vec3> positions(group.position.size());
  std::size_t k = 0, at = 0;
  for (int r : by_teacher_) {
    const std::size_t n = systems_[r].numbers.size();
    copy_to_host(device, positions.data() + at, state.position + first_[r], n * sizeof(Vec3));
    at += n;
  }
  group.position.upload(positions);
  group_->evaluate(virial);
  const std::vector<Vec3> force = group.force.download();
  const std::vector<double> energy = group.potential.download();
  const std::vector<Mat3> w = group.virial.download();
  at = 0;
  for (int r : by_teacher_) {
    const std::size_t n = systems_[r].numbers.size();
    copy_to_device(device, state.force + first_[r], force.data() + at, n * sizeof(Vec3));
    copy_to_device(device, state.potential + r, &energy[k], sizeof(double));
    if (virial) copy_to_device(device, state.virial + r, &w[k], sizeof(Mat3));
    at += n;
    ++k;
  }
  teacher_.add_time(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

void HandoverPotential::assign(const std::set<int>& replicas, State& state, Stream& stream) {
  if (replicas == by_teacher_) return;
  const StateView view = state.view();
  const Device& device = stream.device();
  for (int r : by_teacher_) {
    if (replicas.contains(r)) continue;
    copy_to_device(device, view.force + first_[r], student_force_[r].data(),
                   student_force_[r].size() * sizeof(Vec3));
    copy_to_device(device, view.potential + r, &student_energy_[r], sizeof(double));
  }
  const std::set<int> before = std::exchange(by_teacher_, {});
  std::set_difference(replicas.begin(), replicas.end(), before.begin(), before.end(),
                      std::inserter(by_teacher_, by_teacher_.end()));
  keep_student(view, device);
  by_teacher_ = replicas;
  traits_.recordable = student_recordable_ && by_teacher_.empty();
  regroup(view, device);
  if (!by_teacher_.empty()) replace(view, false, stream);
}

std::vector<Vec3> HandoverPotential::reference_positions() const {
  return group_ ? group_->neighbors().reference_positions() : std::vector<Vec3>();
}

void HandoverPotential::restore(const std::set<int>& replicas, const std::vector<Vec3>& reference,
                                State& state) {
  by_teacher_ = replicas;
  traits_.recordable = student_recordable_ && by_teacher_.empty();
  regroup(state.view(), state.device());
  if (group_) group_->neighbors().restore(reference, group_->stream());
}

}  // namespace md
