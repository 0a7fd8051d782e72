#pragma once

#include <memory>
#include <set>
#include <vector>

#include "program/audit/timed_evaluator.hpp"

namespace md {

/// The student, with the teacher in its place for some replicas. The student is evaluated for all,
/// so that handing one over changes no bit of the others; then energy, forces and virial of those
/// that are handed over are replaced. Recordable, where the student is, as long as there are none.
class HandoverPotential final : public Potential {
 public:
  /// The systems in the order of the replicas; student and teacher must outlive this. skin in A, of
  /// the teacher's neighbor lists.
  HandoverPotential(Potential& student, TimedEvaluator& teacher, std::vector<Structure> systems,
                    double skin);

  const PotentialTraits& traits() const override { return traits_; }
  /// energy, force and virial must stand at zero.
  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override;
  /// Of the student, also where the teacher drives.
  std::vector<ForceUncertainty> uncertainty(const StateView& state, Stream& stream) override {
    return student_.uncertainty(state, stream);
  }
  Description describe() const override { return student_.describe(); }

  const std::set<int>& by_teacher() const { return by_teacher_; }
  /// Makes these replicas the teacher's, the others the student's, at the positions and with the
  /// energies and forces of this moment: those in `state` are replaced where the driver changes.
  void assign(const std::set<int>& replicas, State& state, Stream& stream);
  /// The student's energy and forces of a replica that the teacher moves, from the last step.
  double student_energy(int replica) const { return student_energy_[replica]; }
  const std::vector<Vec3>& student_force(int replica) const { return student_force_[replica]; }

  /// For checkpoints: positions at the last build of the teacher's lists. restore() gives the same
  /// rows again; both without meaning while nothing is handed over.
  std::vector<Vec3> reference_positions() const;
  void restore(const std::set<int>& replicas, const std::vector<Vec3>& reference, State& state);

 private:
  void regroup(const StateView& state, const Device& device);
  void replace(const StateView& state, bool virial, Stream& stream);
  void keep_student(const StateView& state, const Device& device);

  Potential& student_;
  TimedEvaluator& teacher_;
  std::vector<Structure> systems_;
  std::vector<int> first_;  // [n_replicas + 1]
  double skin_;
  PotentialTraits traits_;
  bool student_recordable_;
  std::set<int> by_teacher_;
  std::unique_ptr<Simulation> group_;  // of by_teacher_, in that order; null when empty
  std::vector<double> student_energy_;
  std::vector<std::vector<Vec3>> student_force_;
};

}  // namespace md
