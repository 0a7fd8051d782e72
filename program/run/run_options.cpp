#include "program/run/run_options.hpp"

#include <cmath>

#include "md/errors.hpp"
#include "md/integrator.hpp"
#include "md/writer.hpp"
#include "program/components.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

/// The integrators, and minimize, which is a stage of another kind.
Chooser methods() {
  Chooser chooser = chooser_from("method", integrators);
  chooser.components = [integrators = std::move(chooser.components)] {
    std::vector<ComponentKeys> all = integrators();
    all.push_back(
        {"minimize",
         "no dynamics: brings every replica to rest, by [minimize]; steps are its moves at "
         "most",
         {}});
    return all;
  };
  return chooser;
}

const bool registered[] = {
    sections().add(
        "system",
        {10,
         "what is simulated and how it starts",
         {{"structure", Kind::files, "",
           "extended XYZ, XYZ, PDB or mmCIF files (also .gz); every frame is a system", ""},
          {"fixed", Kind::text, "",
           "atoms held in place, from 1: 1-12, 20; instead of those that a file holds; or none",
           ""},
          {"hydrogen_mass", Kind::mass, "",
           "mass of every hydrogen, taken from the atom it is bound to", ""},
          {"replicas", Kind::integer, "1", "copies of each system", ""},
          {"velocities", Kind::choice, "auto",
           "auto: from the file, else drawn at the temperature, else zero",
           "auto|file|maxwell|zero"},
          {"replica_id", Kind::integer, "0",
           "number of the first replica; its random numbers follow from seed and number", ""},
          {"remove_drift", Kind::flag, "yes",
           "remove linear (and, without periodicity, angular) momentum at the start", ""}}}),
    sections().add(
        "integrator",
        {30,
         "how it moves, and for how long",
         {
             {"method", Kind::text, "", "", ""},
             {"time_step", Kind::time, "0.5 fs", "time step", ""},
             {"steps", Kind::integer, "", "how many steps; or give time", ""},
             {"time", Kind::time, "", "how long; or give steps", ""},
             {"temperature", Kind::temperatures, "",
              "of the thermostat and of drawn velocities: one, a list, geometric(300 K, 600 K) "
              "over all "
              "replicas, or ladder(300 K, 600 K) over the copies of each system",
              ""},
             {"seed", Kind::integer, "2026", "seed of all random numbers", ""},
             {"stage", Kind::integer, "1",
              "which stage of its run this is: each has random numbers of its own; of several "
              "inputs each has its place",
              ""},
         },
         methods()}),
    sections().add(
        "output",
        {40,
         "what is written, and where",
         {{"directory", Kind::file, "", "folder for everything that is written", ""},
          {"trajectory", Kind::choice, "amber", "format of the trajectory", "both|none",
           [] { return trajectory_formats().names(); }},
          {"every", Kind::steps_or_time, "100", "between frames: steps or a time", ""},
          {"velocities", Kind::flag, "no", "velocities in the trajectory", ""},
          {"forces", Kind::flag, "no", "forces in the trajectory", ""},
          {"log_every", Kind::steps_or_time, "100", "between rows of log.csv: steps or a time", ""},
          {"layout", Kind::choice, "separate", "a file per replica, or one for the whole batch",
           "separate|packed"},
          {"overwrite", Kind::flag, "no",
           "replace what an earlier run left in the folder, or the file", ""},
          {"file", Kind::file, "",
           "of `understudy energy`, `minimize`: the extended XYZ; of `verify`, `frequencies`: the "
           "JSON",
           ""}}}),
    sections().add("checkpoint", {50,
                                  "what a restart continues from",
                                  {{"every", Kind::steps_or_wall, "10 min",
                                    "between checkpoints: a time on the clock or steps", ""},
                                   {"keep", Kind::integer, "2", "how many checkpoints stay", ""}}}),
    sections().add("neighbors", {60,
                                 "lists of near atoms",
                                 {{"skin", Kind::length, "1.0 A",
                                   "pairs this far beyond the cutoff stay in the list", ""}}}),
    sections().add(
        "safety",
        {70,
         "when a replica is bad, and what follows",
         {{"on_failure", Kind::choice, "quarantine", "what a bad replica leads to",
           "quarantine|stop"},
          {"max_temperature", Kind::temperature, "auto",
           "a replica hotter than this is bad; off; auto: ten times its temperature, at least "
           "10000 K, more for few degrees of freedom",
           ""},
          {"max_force", Kind::force, "500 eV/A",
           "a replica with a larger force on an atom is bad; off", ""},
          {"max_uncertainty", Kind::force, "off",
           "a replica is bad where the potential's own estimate of its force error is larger; "
           "looked at every 10 steps",
           ""},
          {"min_distance", Kind::length, "auto",
           "a replica with two atoms nearer than this is bad; off; auto: 0.3 A, off where the "
           "potential is bound to a place, as harmonic is, and atoms pass through each other",
           ""}}}),
};

std::uint32_t read_u32(const Input& input, const std::string& key) {
  return static_cast<std::uint32_t>(
      input.integer(key, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::int64_t read_total_steps(const Input& input, double time_step) {
  if (input.text("integrator.method") == "minimize") {
    if (input.has("integrator.time"))
      input.fail("integrator.time", "a minimisation has steps, but no time");
    if (input.has("integrator.steps") && input.has("minimize.steps"))
      input.fail("minimize.steps", "give either integrator.steps or minimize.steps, not both");
    if (!input.has("integrator.steps")) return input.integer("minimize.steps", 0, 1'000'000'000);
  }
  const bool steps = !input.text("integrator.steps").empty();
  const bool time = !input.text("integrator.time").empty();
  if (steps && time) input.fail("integrator.time", "give either steps or time, not both");
  if (!steps && !time)
    input.fail("integrator.steps", "is missing: say how many steps, or give integrator.time");
  if (time) {
    const double total = std::round(input.positive("integrator.time") / time_step);
    if (total < 1) input.fail_value("integrator.time", "is shorter than one time step");
    if (total > 9e15) input.fail_value("integrator.time", "is too long");
    return static_cast<std::int64_t>(total);
  }
  const std::int64_t total = input.integer("integrator.steps");
  if (total < 0) input.fail_value("integrator.steps", "must not be below zero");
  return total;
}

double read_limit(const Input& input, const std::string& key, double none) {
  if (input.text(key).empty()) return none;
  return input.positive(key);
}

/// A limit of [safety] that "off" turns off.
double read_safety(const Input& input, const std::string& key, double off) {
  if (input.text(key) == "off") return off;
  const double value = input.number(key);
  if (!(value > 0)) input.fail_value(key, "must be above zero, or off");
  return value;
}

std::vector<std::string> read_formats(const Input& input) {
  const std::string choice = input.choice("output.trajectory");
  if (choice == "none") return {};
  if (choice != "both") return {choice};
  std::vector<std::string> formats;
  for (const auto& [name, format] : trajectory_formats().entries())
    if (format.in_both) formats.push_back(name);
  return formats;
}

}  // namespace

std::vector<std::string> run_sections() {
  return {"system",    "potential", "integrator", "output",  "checkpoint",
          "neighbors", "safety",    "run",        "teacher", "minimize"};
}

std::int64_t read_steps(const Input& input, const std::string& key, double time_step) {
  const Interval interval = input.interval(key);
  const double steps = interval.time > 0 ? std::round(interval.time / time_step) : interval.steps;
  if (steps < 1) input.fail_value(key, "must be at least one step");
  if (steps > 9e15) input.fail_value(key, "is too long");
  return static_cast<std::int64_t>(steps);
}

RunOptions read_run_options(const Input& input) {
  RunOptions o;
  const std::int64_t replicas = input.integer("system.replicas");
  if (replicas < 1 || replicas > 100'000'000)
    input.fail_value("system.replicas", "must be at least 1 and at most 100000000");
  o.replicas = static_cast<int>(replicas);
  o.first_id = read_u32(input, "system.replica_id");
  o.seed = read_u32(input, "integrator.seed");
  o.stage = static_cast<std::uint32_t>(input.integer("integrator.stage", 1, 1 << 24));
  o.velocities = input.choice("system.velocities");
  o.remove_drift = input.flag("system.remove_drift");

  o.time_step = input.positive("integrator.time_step");
  if (o.time_step > 1e6) input.fail_value("integrator.time_step", "is too long for dynamics");
  o.steps = read_total_steps(input, o.time_step);

  o.directory = input.file("output.directory");
  o.formats = read_formats(input);
  o.every = read_steps(input, "output.every", o.time_step);
  o.log_every = read_steps(input, "output.log_every", o.time_step);
  o.write_velocities = input.flag("output.velocities");
  o.write_forces = input.flag("output.forces");
  o.packed = input.choice("output.layout") == "packed";
  o.overwrite = input.flag("output.overwrite");
  if (input.has("output.file"))
    input.fail("output.file", "belongs to `understudy energy` and `understudy verify`");

  o.checkpoint_every = input.interval("checkpoint.every");
  if (!(o.checkpoint_every.steps > 0 || o.checkpoint_every.time > 0))
    input.fail_value("checkpoint.every", "must be above zero");
  o.keep = static_cast<int>(input.integer("checkpoint.keep", 1, 1000));

  o.skin = input.number("neighbors.skin");
  if (o.skin < 0) input.fail_value("neighbors.skin", "must not be below zero");
  o.stop_on_failure = input.choice("safety.on_failure") == "stop";
  const double inf = std::numeric_limits<double>::infinity();
  o.max_force = read_safety(input, "safety.max_force", inf);
  o.max_uncertainty = read_safety(input, "safety.max_uncertainty", inf);
  if (input.text("safety.min_distance") != "auto")
    o.min_distance = read_safety(input, "safety.min_distance", 0);
  if (input.text("safety.max_temperature") != "auto")
    o.max_temperature = read_safety(input, "safety.max_temperature", inf);

  o.threads = read_threads(input);
  o.strict = input.choice("run.determinism") == "strict";
  o.progress = input.choice("run.progress") == "auto";
  o.max_time = read_limit(input, "run.max_time", inf);
  return o;
}

}  // namespace md
