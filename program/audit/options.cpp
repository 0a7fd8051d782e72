#include "program/audit/options.hpp"

#include <filesystem>

#include "program/components.hpp"
#include "program/run/run_options.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

using Policy = AuditOptions::Policy;

const bool registered = sections().add(
    "teacher",
    {100,
     "a second potential that looks at the run",
     {
         {"name", Kind::text, "", "potential of the teacher; its own keys are those of [potential]",
          ""},
         {"model", Kind::file, "", "model file of the teacher", ""},
         {"precision", Kind::choice, "float32", "precision of the teacher, if a network",
          precisions},
         {"every", Kind::steps_or_time, "100", "between audits: steps or a time", ""},
         {"when", Kind::choice, "steps",
          "what is looked at then: replicas in turn, or those alone whose potential estimates an "
          "error of its forces above max_uncertainty; these are no sample of the ensemble",
          "steps|uncertainty"},
         {"max_uncertainty", Kind::force, "",
          "when = uncertainty: the estimate above which the teacher is asked; not given: the model "
          "file's own threshold",
          ""},
         {"replicas", Kind::text, "all", "how many replicas an audit looks at, taken in turns", ""},
         {"discard", Kind::steps_or_time, "1",
          "the report leaves out audits before this: steps or a time of warming up", ""},
         {"budget", Kind::number, "",
          "audits are skipped while the teacher has used more than this share of the run time", ""},
         {"max_energy_error", Kind::energy, "",
          "per atom: error of the energy relative to the replica's mean difference so far", ""},
         {"max_force_error", Kind::force, "", "error of any component of the force on any atom",
          ""},
         {"policy", Kind::choice, "log",
          "beyond a limit: log it; harvest the frame; handover to the teacher; stop the replica",
          "log|harvest|handover|stop"},
         {"min_steps", Kind::integer, "200", "handover: a replica stays with the teacher this long",
          ""},
         {"release", Kind::number, "0.5",
          "handover: it returns when the errors are below this part of the limits", ""},
     },
     chooser_from("name", potentials),
     true});

int read_replicas(const Input& input) {
  const std::string key = "teacher.replicas";
  if (input.text(key) == "all") return 0;
  const std::int64_t n = input.integer(key);
  if (n < 1 || n > 100'000'000) input.fail_value(key, "must be all or a number above zero");
  return static_cast<int>(n);
}

Policy read_policy(const Input& input) {
  const std::string policy = input.choice("teacher.policy");
  if (policy == "harvest") return Policy::harvest;
  if (policy == "handover") return Policy::handover;
  if (policy == "stop") return Policy::stop;
  return Policy::log;
}

}  // namespace

AuditOptions read_audit_options(const Input& input, double time_step) {
  AuditOptions o;
  o.every = read_steps(input, "teacher.every", time_step);
  // A start is no sample of the ensemble, and copies of a system are all the same there.
  o.discard =
      input.text("teacher.discard") == "0" ? 0 : read_steps(input, "teacher.discard", time_step);
  o.replicas = read_replicas(input);
  o.policy = read_policy(input);
  const auto limit = [&](const std::string& key, double& value) {
    if (!input.text(key).empty()) value = input.positive(key);
  };
  limit("teacher.budget", o.budget);
  o.in_doubt = input.choice("teacher.when") == "uncertainty";
  limit("teacher.max_uncertainty", o.max_uncertainty);
  if (o.max_uncertainty > 0 && !o.in_doubt)
    input.fail("teacher.max_uncertainty", "belongs to teacher.when = uncertainty");
  limit("teacher.max_energy_error", o.max_energy_error);
  limit("teacher.max_force_error", o.max_force_error);
  const bool limits = input.has("teacher.max_energy_error") || input.has("teacher.max_force_error");
  if (o.policy != Policy::log && !limits)
    input.fail_value("teacher.policy",
                     "needs a limit: give teacher.max_force_error or teacher.max_energy_error");
  for (const char* const key : {"teacher.min_steps", "teacher.release"})
    if (o.policy != Policy::handover && input.text(key) != input.key(key).initial)
      input.fail(key, "belongs to teacher.policy = handover");
  o.min_steps = input.integer("teacher.min_steps");
  if (o.min_steps < 0) input.fail_value("teacher.min_steps", "must not be below zero");
  o.release = input.positive("teacher.release");
  if (o.release > 1) input.fail_value("teacher.release", "must be at most 1");
  return o;
}

std::unique_ptr<Potential> make_teacher(const Input& input, const Device& device) {
  return make_potential(input.standing_in("teacher", "potential"), device);
}

std::string name_of_potential(const Input& input, const std::string& section) {
  const std::string name = input.text(section + ".name"), model = section + ".model";
  if (input.text(model).empty()) return name;
  return name + " " + std::filesystem::path(input.text(model)).filename().string();
}

}  // namespace md
