#include "program/audit/row.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "md/errors.hpp"
#include "md/text.hpp"

namespace md {

bool AuditRow::finite() const {
  return std::isfinite(student) && std::isfinite(teacher) && std::isfinite(force_max);
}

void append_row(std::string& text, const AuditRow& r) {
  fmt::format_to(std::back_inserter(text), "{},{:.9f},{},{},{},{},{},{},{},{}\n", r.step, r.time_ps,
                 r.replica, r.student, r.teacher, r.energy_error, r.force_mae, r.force_max,
                 r.action, r.by_teacher ? "teacher" : "student");
}

std::vector<AuditRow> read_audit_rows(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw InputError(path + ": cannot be read");
  std::vector<AuditRow> rows;
  std::string line;
  std::getline(file, line);
  for (int number = 2; std::getline(file, line); ++number) {
    const std::vector<std::string> part = split(line, ',');
    const auto fail = [&] {
      throw InputError(path + ":" + std::to_string(number) +
                       ": is no row of an audit; ten values as in the first line are wanted");
    };
    if (part.size() != 10) fail();
    AuditRow r;
    double* const numbers[]{&r.time_ps,      &r.student,   &r.teacher,
                            &r.energy_error, &r.force_mae, &r.force_max};
    const int columns[]{1, 3, 4, 5, 6, 7};
    for (int k = 0; k < 6; ++k) {
      char* end = nullptr;
      *numbers[k] = std::strtod(part[columns[k]].c_str(), &end);
      if (end == part[columns[k]].c_str() || *end != '\0') fail();
    }
    r.step = std::strtoll(part[0].c_str(), nullptr, 10);
    r.replica = static_cast<int>(std::strtol(part[2].c_str(), nullptr, 10));
    r.action = part[8];
    r.by_teacher = part[9] == "teacher";
    rows.push_back(std::move(r));
  }
  return rows;
}

ForceError force_error(const Vec3* a, const Vec3* b, int n) {
  ForceError error;
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < 3; ++k) {
      const double d = std::abs(a[i][k] - b[i][k]);
      error.mean += d / (3.0 * n);
      if (!(d <= error.largest)) error.largest = d;  // not a number stays
    }
  return error;
}

}  // namespace md
