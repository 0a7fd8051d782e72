#include "program/audit/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/extended_xyz.hpp"
#include "md/files.hpp"
#include "md/json.hpp"
#include "program/components.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/continued_files.hpp"

namespace md {
namespace {

using Policy = AuditOptions::Policy;

constexpr bool running(int status) { return status == static_cast<int>(Status::running); }

}  // namespace

Audit::Audit(Stage& stage)
    : o_(read_audit_options(stage.input, stage.options.time_step)),
      input_(stage.input.standing_in("teacher", "potential")),
      device_(stage.device),
      time_step_(stage.options.time_step),
      skin_(stage.options.skin),
      directory_(stage.options.directory),
      teacher_(make_teacher(stage.input, stage.device), stage.device, stage.options.threads),
      subject_{name_of_potential(stage.input, "potential"),
               name_of_potential(stage.input, "teacher"),
               "audit.csv",
               o_.discard,
               0,
               0} {
  stage.add_file("teacher.model");
  if (o_.in_doubt) stage.require_uncertainty("teacher.when");
}

void Audit::check(const Replicas& replicas) const {
  check_systems(input_, teacher_.potential(), device_, replicas.systems, hands_over());
}

Potential& Audit::drive(Potential& own, const Replicas& replicas) {
  if (!hands_over()) return own;
  handover_ = std::make_unique<HandoverPotential>(own, teacher_, replicas.systems, skin_);
  return *handover_;
}

void Audit::begin(const Stage& stage, const Replicas& replicas, Simulation& simulation,
                  const Checkpoint* from) {
  systems_ = replicas.systems;
  settings_ = replicas.settings;
  audited_ = audited_replicas(stage, replicas);
  known_.resize(systems_.size());
  first_ = first_atoms(systems_);
  if (hands_over()) by_teacher_.assign(known_.size(), 0);
  const std::vector<FileMark> resume = from ? read_marks(*from) : std::vector<FileMark>();
  log_ = std::make_unique<TextLog>(directory_, "audit.csv", audit_header, resume);
  if (o_.policy == Policy::harvest)
    harvest_ = std::make_unique<TextLog>(directory_, "harvest.xyz", "", resume);
  const bool again = std::any_of(resume.begin(), resume.end(),
                                 [](const FileMark& m) { return m.name == "audit.csv"; });
  if (again) read_back(directory_);
  const std::set<int> handed = handed_over();
  if (!from || !handover_ || handed.empty()) return;
  std::size_t n_atoms = 0;
  for (int r : handed) n_atoms += systems_[r].numbers.size();
  handover_->restore(handed, vectors(*from, "teacher_reference", n_atoms), simulation.state());
}

void Audit::read_back(const std::string& folder) {
  for (const AuditRow& row : read_audit_rows(folder + "/audit.csv")) {
    if (row.replica < 0 || row.replica >= static_cast<int>(known_.size()))
      throw InputError(folder + "/audit.csv: has a row of replica " + std::to_string(row.replica) +
                       ", which this run has not");
    replay(row);
  }
}

void Audit::replay(const AuditRow& row) {
  Known& known = known_[row.replica];
  if (row.action == "none" && row.finite()) {
    known.difference += row.difference();
    ++known.n;
  }
  const bool changes = row.action == "handover" || row.action == "returned";
  if (changes) known.since = row.step;
  if (!by_teacher_.empty() && changes) by_teacher_[row.replica] = row.action == "handover";
  if (!row.by_teacher) turn_ = (row.replica + 1) % static_cast<int>(known_.size());
  rows_.push_back(row);
}

std::set<int> Audit::handed_over() const {
  std::set<int> replicas;
  for (std::size_t r = 0; r < by_teacher_.size(); ++r)
    if (by_teacher_[r]) replicas.insert(static_cast<int>(r));
  return replicas;
}

std::vector<char> Audit::doubtful(Simulation& simulation) const {
  std::vector<char> result(known_.size(), 1);
  if (!o_.in_doubt) return result;
  const double own = simulation.potential().traits().uncertainty_threshold;
  const double limit = o_.max_uncertainty > 0 ? o_.max_uncertainty : own;
  const auto said = simulation.uncertainty();
  // What is no number is doubtful too.
  for (std::size_t r = 0; r < result.size(); ++r) result[r] = !(said[r].error <= limit);
  return result;
}

/// Running replicas in turn; then those the teacher moves anyway, which cost nothing.
std::vector<int> Audit::take_turns(const std::vector<int>& status, bool affordable,
                                   const std::vector<char>& doubtful) {
  const int n = static_cast<int>(status.size()), wanted = o_.replicas > 0 ? o_.replicas : n;
  std::vector<int> chosen;
  for (int k = 0; affordable && k < n && static_cast<int>(chosen.size()) < wanted; ++k) {
    const int r = (turn_ + k) % n;
    if (running(status[r]) && !moved_by_teacher(r) && doubtful[r]) chosen.push_back(r);
  }
  for (int r = 0; r < n; ++r)
    if (running(status[r]) && moved_by_teacher(r)) chosen.push_back(r);
  return chosen;
}

AuditRow Audit::row_of(const Frame& frame, int r, double student, const Vec3* student_force,
                       double teacher, const Vec3* teacher_force) const {
  const ForceError force = force_error(student_force, teacher_force, first_[r + 1] - first_[r]);
  AuditRow row;
  row.step = frame.step;
  row.time_ps = frame.time_ps;
  row.replica = r;
  row.student = student;
  row.teacher = teacher;
  row.force_mae = force.mean;
  row.force_max = force.largest;
  const Known& known = known_[r];
  if (known.n > 0) row.energy_error = row.difference() - known.difference / known.n;
  row.by_teacher = moved_by_teacher(r);
  return row;
}

double Audit::severity(const AuditRow& row) const {
  if (!row.finite()) return std::numeric_limits<double>::infinity();
  const int n_atoms = first_[row.replica + 1] - first_[row.replica];
  return std::max(std::abs(row.energy_error) / n_atoms / o_.max_energy_error,
                  row.force_max / o_.max_force_error);
}

std::string Audit::judge(const AuditRow& row) const {
  const double severe = severity(row);
  if (row.by_teacher) {
    const bool long_enough = row.step - known_[row.replica].since >= o_.min_steps;
    return long_enough && severe < o_.release ? "returned" : "held";
  }
  if (severe <= 1) return "none";
  switch (o_.policy) {
    case Policy::stop:
      return "quarantined";
    case Policy::harvest:  // what the teacher cannot evaluate teaches nothing
      return std::isfinite(severe) ? "harvested" : "exceeded";
    case Policy::handover:
      return std::isfinite(severe) ? "handover" : "exceeded";
    case Policy::log:
      break;
  }
  return "exceeded";
}

void Audit::harvest(const Frame& frame, const AuditRow& row, const Vec3* teacher_force) {
  const int r = row.replica;
  const auto first = static_cast<std::size_t>(first_[r]);
  const Structure& system = systems_[r];
  const std::size_t n = system.numbers.size();
  ExtendedXyzFields fields;
  fields.energy_name = "REF_energy";
  fields.forces_name = "REF_forces";
  fields.energy = row.teacher;
  fields.forces = {teacher_force, n};
  fields.info = {{"step", std::to_string(row.step)},
                 {"time_ps", fmt::format("{:.9f}", row.time_ps)},
                 {"replica", std::to_string(r)},
                 {"replica_id", std::to_string(settings_[r].id)},
                 {"student_energy", fmt::format("{}", row.student)},
                 {"force_error", fmt::format("{}", row.force_max)}};
  std::string text;
  append_extended_xyz(text,
                      {system.numbers,
                       std::span(frame.position).subspan(first, n),
                       {},
                       frame.cell[r],
                       system.periodic},
                      fields);
  harvest_->append(text);
}

std::vector<Structure> Audit::audited(const Frame& frame, const std::vector<int>& chosen) const {
  std::vector<Structure> systems;
  for (int r : chosen) {
    if (moved_by_teacher(r)) continue;
    Structure system = systems_[r];
    system.positions.assign(frame.position.begin() + first_[r],
                            frame.position.begin() + first_[r + 1]);
    system.velocities.clear();
    system.cell = frame.cell[r];
    systems.push_back(std::move(system));
  }
  return systems;
}

void Audit::look(Simulation& simulation, double elapsed) {
  if (simulation.step() % o_.every != 0) return;
  Frame frame;
  simulation.read(frame, false, true, false);
  frame.time_ps = static_cast<double>(frame.step) * time_step_ * 1e-3;
  const bool affordable = teacher_.time() <= o_.budget * elapsed;
  if (!affordable) ++subject_.skipped;
  const std::vector<int> chosen = take_turns(frame.status, affordable, doubtful(simulation));
  const std::vector<Evaluation> teacher = teacher_.evaluate(audited(frame, chosen));

  std::string text;
  std::vector<int> stopped;
  std::size_t k = 0;
  for (int r : chosen) {
    const Vec3* const force = frame.force.data() + first_[r];
    AuditRow row;
    if (moved_by_teacher(r)) {
      row = row_of(frame, r, handover_->student_energy(r), handover_->student_force(r).data(),
                   frame.potential[r], force);
    } else {
      row =
          row_of(frame, r, frame.potential[r], force, teacher[k].energy, teacher[k].forces.data());
    }
    row.action = judge(row);
    if (row.action == "harvested") harvest(frame, row, teacher[k].forces.data());
    if (row.action == "quarantined") stopped.push_back(r);
    if (!row.by_teacher) ++k;
    append_row(text, row);
    replay(row);
  }
  log_->append(text);
  if (handover_) handover_->assign(handed_over(), simulation.state(), simulation.stream());
  if (!stopped.empty()) simulation.quarantine(stopped, fault_teacher);
}

std::vector<FileMark> Audit::flush() {
  std::vector<FileMark> marks{log_->flush()};
  if (harvest_) marks.push_back(harvest_->flush());
  return marks;
}

void Audit::save(Checkpoint& checkpoint) const {
  if (handover_) checkpoint.set("teacher_reference", flat(handover_->reference_positions()));
}

std::string Audit::report() {
  subject_.time = teacher_.time();
  report_ = make_report(audited_, rows_, subject_);
  write_file(directory_ + "/audit.json", text_of(report_));
  return report_.text;
}

void Audit::summarize(Json& summary) const {
  if (report_.json.is_object()) add_summary(summary, report_);
}

std::vector<std::string> Audit::files() const {
  std::vector<std::string> names{"audit.csv", "audit.json"};
  if (harvest_) names.push_back("harvest.xyz");
  return names;
}

std::vector<AuditedReplica> audited_replicas(const Stage& stage, const Replicas& replicas) {
  std::vector<AuditedReplica> result;
  for (std::size_t r = 0; r < replicas.systems.size(); ++r)
    result.push_back(
        {replicas.systems[r].numbers, stage.thermostat ? replicas.settings[r].temperature : 0});
  return result;
}

namespace {

const bool registered = watches().add("audit", {[](Stage& stage) -> std::unique_ptr<Watch> {
                                        if (!stage.input.has_section("teacher")) return nullptr;
                                        return std::make_unique<Audit>(stage);
                                      }});

}  // namespace
}  // namespace md
