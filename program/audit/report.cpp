#include "program/audit/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "md/json.hpp"
#include "md/structure.hpp"
#include "program/audit/statistics.hpp"

namespace md {
namespace {

constexpr std::size_t most_lines = 20;  // of the table; audit.json has every replica

/// What one replica, or all of them, contribute to the table.
struct Errors {
  std::size_t n = 0, beyond = 0, by_teacher = 0;
  double offset = 0;                               // mean of student - teacher, eV
  std::vector<std::vector<double>> energy, force;  // series: eV/atom about the offset, eV/A
  double largest = std::numeric_limits<double>::quiet_NaN();  // eV/A; NaN where nothing counts

  void add(const Errors& other) {
    n += other.n, beyond += other.beyond, by_teacher += other.by_teacher;
    energy.insert(energy.end(), other.energy.begin(), other.energy.end());
    force.insert(force.end(), other.force.begin(), other.force.end());
    largest = std::fmax(largest, other.largest);
  }
};

Errors errors_of(const std::vector<const AuditRow*>& rows, std::size_t n_atoms) {
  Errors e;
  std::vector<double> difference, force;
  for (const AuditRow* row : rows) {
    if (row->by_teacher) {
      ++e.by_teacher;
      continue;
    }
    if (row->action != "none") ++e.beyond;
    ++e.n;
    if (!row->finite()) continue;
    difference.push_back(row->difference());
    force.push_back(row->force_mae);
    e.largest = std::fmax(e.largest, row->force_max);
  }
  for (double d : difference) e.offset += d / static_cast<double>(difference.size());
  for (double& d : difference) d = std::abs(d - e.offset) / static_cast<double>(n_atoms);
  e.energy.push_back(std::move(difference));
  e.force.push_back(std::move(force));
  return e;
}

Json json_of(const Estimate& e) {
  return {{"mean", e.mean}, {"confidence_95", e.half_width}};  // not a number becomes null
}

Json json_of(const Errors& e) {
  return {{"samples", e.n},
          {"beyond_limits", e.beyond},
          {"samples_moved_by_teacher", e.by_teacher},
          {"energy_mae_eV_per_atom", json_of(estimate_mean(e.energy))},
          {"force_mae_eV_A", json_of(estimate_mean(e.force))},
          {"force_max_eV_A", e.largest}};
}

std::string with_interval(const Estimate& e, double factor) {
  if (std::isnan(e.mean)) return "-";
  if (std::isnan(e.half_width)) return fmt::format("{:.4g}", factor * e.mean);
  return fmt::format("{:.4g} +- {:.2g}", factor * e.mean, factor * e.half_width);
}

std::string table_line(const std::string& name, const Errors& e) {
  return fmt::format("{:<10}{:>8}{:>8}{:>14}{:>22}{:>22}{:>12}\n", name, e.n, e.beyond,
                     name == "all" ? "" : fmt::format("{:.5g}", e.offset),
                     with_interval(estimate_mean(e.energy), 1e3),
                     with_interval(estimate_mean(e.force), 1),
                     std::isnan(e.largest) ? "-" : fmt::format("{:.4g}", e.largest));
}

/// Samples of one ensemble: one temperature and composition.
struct Ensemble {
  std::vector<double> student, teacher;
  std::vector<int> replica;
};
using Ensembles = std::map<std::pair<double, std::string>, Ensemble>;

/// The sentence that ends the report.
std::string verdict(const std::vector<Reweighting>& all, bool thermal, std::size_t n_samples,
                    std::size_t n_by_teacher) {
  if (n_samples + n_by_teacher == 0)
    return "Nothing was looked at: no audit is left, shorten teacher.every or teacher.discard.";
  if (n_samples == 0) return "The student moved no replica that was looked at.";
  if (!thermal)
    return "Whether averages hold at the level of the teacher cannot be told by reweighting: the "
           "run is not at a given temperature.";
  const auto worst =
      std::min_element(all.begin(), all.end(), [](const Reweighting& a, const Reweighting& b) {
        const bool one = is_supported(a), other = is_supported(b);
        return one != other ? other : a.effective / a.n < b.effective / b.n;
      });
  const std::string size =
      fmt::format("an effective sample size of {:.1f} of {} ({:.1f} %)", worst->effective, worst->n,
                  100 * worst->effective / worst->n);
  const std::string where = all.size() > 1 ? " in the worst of the ensembles" : "";
  if (is_supported(*worst))
    return "Averages are supported at the level of the teacher: " + size + where + ".";
  return "Averages are not supported at the level of the teacher: " + size + where +
         fmt::format(", where at least {:.0f} and {:.0f} % are wanted; ", wanted_effective,
                     100 * wanted_fraction) +
         (worst->effective >= wanted_fraction * worst->n
              ? "more audits are wanted."
              : "the student samples another ensemble than the teacher.");
}

}  // namespace

AuditReport make_report(const std::vector<AuditedReplica>& replicas,
                        const std::vector<AuditRow>& rows, const AuditSubject& subject) {
  std::vector<std::vector<const AuditRow*>> of(replicas.size());
  Ensembles ensembles;
  for (const AuditRow& row : rows) {
    if (row.step < subject.discard) continue;
    of[row.replica].push_back(&row);
    const AuditedReplica& replica = replicas[row.replica];
    if (row.by_teacher || !row.finite() || !(replica.temperature > 0)) continue;
    Ensemble& ensemble = ensembles[{replica.temperature, formula(replica.numbers)}];
    ensemble.student.push_back(row.student);
    ensemble.teacher.push_back(row.teacher);
    ensemble.replica.push_back(row.replica);
  }

  AuditReport report;
  report.text = fmt::format(
      "\naudit of {} by {}\n{:<10}{:>8}{:>8}{:>14}{:>22}{:>22}{:>12}\n{:<10}{:>8}{:>8}{:>14}{:>22}"
      "{:>22}{:>12}\n",
      subject.student, subject.teacher, "replica", "audits", "beyond", "offset", "energy MAE",
      "force MAE", "force max", "", "", "limits", "(eV)", "(meV/atom)", "(eV/A)", "(eV/A)");
  Json list = Json::array();
  Errors all;
  std::size_t lines = 0, more = 0;
  for (std::size_t r = 0; r < replicas.size(); ++r) {
    if (of[r].empty()) continue;
    const Errors e = errors_of(of[r], replicas[r].numbers.size());
    all.add(e);
    Json json = json_of(e);
    json["replica"] = r;
    json["formula"] = formula(replicas[r].numbers);
    json["energy_offset_eV"] = e.offset;
    list.push_back(std::move(json));
    if (++lines <= most_lines)
      report.text += table_line(std::to_string(r), e);
    else
      ++more;
  }
  if (more > 0) report.text += fmt::format("... and {} more in audit.json\n", more);
  report.text += table_line("all", all);
  report.text +=
      "energies relative to the replica's mean offset; +-: 95 %, Student's t of block means\n";

  Json groups = Json::array();
  std::vector<Reweighting> reweightings;
  for (const auto& [key, ensemble] : ensembles) {
    const Reweighting r =
        reweight(ensemble.student, ensemble.teacher, key.first, block_numbers(ensemble.replica));
    reweightings.push_back(r);
    report.text += fmt::format(
        "{} at {:.6g} K: effective sample size {:.1f} of {} ({:.1f} %); mean energy of the "
        "student's ensemble {:.6f} eV (student), of the teacher's {:.6f} +- {:.2g} eV (teacher, "
        "reweighted, standard error of blocks)\n",
        key.second, key.first, r.effective, r.n, 100 * r.effective / r.n, r.sampled, r.mean,
        r.error);
    groups.push_back({{"formula", key.second},
                      {"temperature_K", key.first},
                      {"samples", r.n},
                      {"effective_sample_size", r.effective},
                      {"effective_fraction", r.effective / r.n},
                      {"mean_student_eV", r.sampled},
                      {"reweighted_mean_teacher_eV", r.mean},
                      {"reweighted_standard_error_eV", r.error},
                      {"supported", is_supported(r)}});
  }
  const std::string sentence = verdict(reweightings, !reweightings.empty(), all.n, all.by_teacher);
  report.text += sentence + "\n";
  report.json =
      Json{{"student", subject.student},
           {"teacher", subject.teacher},
           {"source", subject.source},
           {"audits", rows.size()},
           {"discarded_steps", subject.discard},
           {"skipped_for_the_budget", subject.skipped},
           {"teacher_time_s", subject.time},
           {"supported", !reweightings.empty() &&
                             std::all_of(reweightings.begin(), reweightings.end(), is_supported)},
           {"verdict", sentence},
           {"all", json_of(all)},
           {"ensembles", groups},
           {"replicas", list}};
  return report;
}

std::string text_of(const AuditReport& report) { return report.json.dump(2) + "\n"; }

void add_summary(Json& summary, const AuditReport& report) {
  summary["audit"] = report.json;
  summary["audit"].erase("replicas");
}

}  // namespace md
