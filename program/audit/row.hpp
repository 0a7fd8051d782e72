#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "md/vec3.hpp"

namespace md {

/// One look at one replica: a row of audit.csv.
struct AuditRow {
  std::int64_t step = 0;
  double time_ps = 0;
  int replica = 0;
  double student = 0, teacher = 0;  // eV
  /// Student - teacher relative to the replica's mean difference so far, eV; 0 for the first row.
  double energy_error = 0;
  double force_mae = 0, force_max = 0;  // of components, eV/A
  /// none | exceeded | harvested | quarantined | handover | held | returned
  std::string action = "none";
  bool by_teacher = false;  // who moved the replica up to this step

  double difference() const { return student - teacher; }
  bool finite() const;
};

inline constexpr std::string_view audit_header =
    "step,time_ps,replica,student_eV,teacher_eV,energy_error_eV,force_mae_eV_A,force_max_eV_A,"
    "action,driver\n";

/// Numbers are the shortest that read back to the same double.
void append_row(std::string& text, const AuditRow& row);
/// The rows of an audit.csv. Throws InputError naming file and line.
std::vector<AuditRow> read_audit_rows(const std::string& path);

/// Mean and largest absolute difference of the components of forces [n].
struct ForceError {
  double mean = 0, largest = 0;  // eV/A
};
ForceError force_error(const Vec3* a, const Vec3* b, int n);

}  // namespace md
