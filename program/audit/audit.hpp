#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/text_log.hpp"
#include "program/audit/report.hpp"
#include "program/run/stage.hpp"

namespace md {

/// The teacher's look at a run: evaluates it on the current states of running replicas every so
/// many steps, writes audit.csv, and does what teacher.policy says with a replica beyond a limit.
/// All that it knows follows from the rows of audit.csv, so a restart reads them again.
class Audit {
 public:
  /// `resume` empty: a new audit.csv; else it is cut back to its mark and read.
  Audit(const Stage& stage, const std::vector<FileMark>& resume);

  /// The next step after `step` at which an audit is due.
  std::int64_t next(std::int64_t step) const { return (step / o_.every + 1) * o_.every; }
  bool due(std::int64_t step) const { return step % o_.every == 0; }
  /// Looks at some replicas. `elapsed`: s of wall time of the run so far, for the budget.
  void look(Simulation& simulation, double elapsed);

  /// Who moves each replica, for frames; empty unless the policy is handover.
  const std::vector<char>& by_teacher() const { return by_teacher_; }
  /// The replicas that the teacher moves.
  std::set<int> handed_over() const;

  std::vector<FileMark> flush();
  AuditReport report() const;
  double time() const { return stage_.teacher->time(); }  // s spent on the teacher

 private:
  struct Known {            // of a replica, from its rows
    double difference = 0;  // sum of student - teacher over rows within the limits, eV
    int n = 0;
    std::int64_t since = 0;  // step of the last change of its driver
  };
  void replay(const AuditRow& row);
  bool moved_by_teacher(int r) const { return !by_teacher_.empty() && by_teacher_[r]; }
  std::vector<int> take_turns(const std::vector<int>& status, bool affordable);
  AuditRow row_of(const Frame& frame, int replica, double student, const Vec3* student_force,
                  double teacher, const Vec3* teacher_force) const;
  /// Largest of the errors as parts of their limits.
  double severity(const AuditRow& row) const;
  std::string judge(const AuditRow& row) const;
  void harvest(const Frame& frame, const AuditRow& row, const Vec3* teacher_force);

  const Stage& stage_;
  const AuditOptions o_;
  std::vector<int> first_;  // [n_replicas + 1] atoms
  std::vector<Known> known_;
  std::vector<char> by_teacher_;
  std::vector<AuditRow> rows_;
  int turn_ = 0;  // the replica that is looked at next
  int skipped_ = 0;
  std::unique_ptr<TextLog> log_, harvest_;
};

/// Temperature of every replica for reweighting: 0 where the integrator keeps none.
std::vector<AuditedReplica> audited_replicas(const Stage& stage);

}  // namespace md
