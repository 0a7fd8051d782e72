#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/text_log.hpp"
#include "md/json.hpp"
#include "program/audit/handover.hpp"
#include "program/audit/options.hpp"
#include "program/audit/report.hpp"
#include "program/run/stage.hpp"

namespace md {

/// The teacher's look at a run: evaluates it on the current states of running replicas every so
/// many steps, writes audit.csv, and does what teacher.policy says with a replica beyond a limit.
/// All that it knows follows from the rows of audit.csv, so a restart reads them again.
class Audit final : public Watch {
 public:
  /// Of a stage with [teacher], which is being prepared: makes the teacher.
  explicit Audit(Stage& stage);

  void check(const Replicas& replicas) const override;
  Potential& drive(Potential& own, const Replicas& replicas) override;
  /// After a restart audit.csv is cut back to its mark and read.
  void begin(const Stage& stage, const Replicas& replicas, Simulation& simulation,
             const Checkpoint* from) override;
  std::int64_t next(std::int64_t step) const override { return (step / o_.every + 1) * o_.every; }
  /// Looks at some replicas; the budget is a share of `elapsed`.
  void look(Simulation& simulation, double elapsed) override;
  std::string phase() const override { return "teacher"; }
  void mark(Frame& frame) const override { frame.by_teacher = by_teacher_; }
  std::vector<FileMark> flush() override;
  void save(Checkpoint& checkpoint) const override;
  std::string report() override;
  void summarize(Json& summary) const override;
  std::vector<std::string> files() const override;

 private:
  struct Known {            // of a replica, from its rows
    double difference = 0;  // sum of student - teacher over rows within the limits, eV
    int n = 0;
    std::int64_t since = 0;  // step of the last change of its driver
  };
  bool hands_over() const { return o_.policy == AuditOptions::Policy::handover; }
  void replay(const AuditRow& row);
  /// The rows of audit.csv so far.
  void read_back(const std::string& folder);
  /// The replicas that the teacher moves.
  std::set<int> handed_over() const;
  /// The replicas chosen that the student moves, as they are now.
  std::vector<Structure> audited(const Frame& frame, const std::vector<int>& chosen) const;
  bool moved_by_teacher(int r) const { return !by_teacher_.empty() && by_teacher_[r]; }
  std::vector<int> take_turns(const std::vector<int>& status, bool affordable,
                              const std::vector<char>& doubtful);
  /// Of every replica, whether a look is worth while: with teacher.when = uncertainty where the
  /// potential doubts itself.
  std::vector<char> doubtful(Simulation& simulation) const;
  AuditRow row_of(const Frame& frame, int replica, double student, const Vec3* student_force,
                  double teacher, const Vec3* teacher_force) const;
  /// Largest of the errors as parts of their limits.
  double severity(const AuditRow& row) const;
  std::string judge(const AuditRow& row) const;
  void harvest(const Frame& frame, const AuditRow& row, const Vec3* teacher_force);

  const AuditOptions o_;
  Input input_;  // with the teacher in [potential]
  Device device_;
  double time_step_, skin_;  // fs, A
  std::string directory_;
  TimedEvaluator teacher_;
  AuditSubject subject_;
  std::unique_ptr<HandoverPotential> handover_;  // where the policy is that
  std::vector<Structure> systems_;
  std::vector<ReplicaSettings> settings_;
  std::vector<AuditedReplica> audited_;
  AuditReport report_;      // after the last step
  std::vector<int> first_;  // [n_replicas + 1] atoms
  std::vector<Known> known_;
  std::vector<char> by_teacher_;
  std::vector<AuditRow> rows_;
  int turn_ = 0;  // the replica that is looked at next
  std::unique_ptr<TextLog> log_, harvest_;
};

/// Temperature of every replica for reweighting: 0 where the integrator keeps none.
std::vector<AuditedReplica> audited_replicas(const Stage& stage, const Replicas& replicas);

}  // namespace md
