#pragma once

#include <string>
#include <vector>

#include "md/json.hpp"
#include "program/audit/row.hpp"

namespace md {

/// What an audit must know of a replica.
struct AuditedReplica {
  std::vector<int> numbers;  // [n] atomic numbers
  /// K; 0: not in a canonical ensemble, nothing to reweight.
  double temperature = 0;
};

/// Both potentials in words, for the report.
struct AuditSubject {
  std::string student, teacher;  // name and model
  std::string source;            // what was looked at
  std::int64_t discard = 0;      // steps; rows before are not counted
  int skipped = 0;               // audits left out for the budget
  double time = 0;               // s spent on the teacher
};

/// Errors per replica and in all, with 95 % intervals, and reweighting to the teacher per
/// temperature and composition, from rows that the student moved.
struct AuditReport {
  std::string text;  // for people
  Json json;         // for audit.json
};
/// For audit.json.
std::string text_of(const AuditReport& report);
/// For summary.json: what audit.json says, without its replicas.
void add_summary(Json& summary, const AuditReport& report);
AuditReport make_report(const std::vector<AuditedReplica>& replicas,
                        const std::vector<AuditRow>& rows, const AuditSubject& subject);

}  // namespace md
