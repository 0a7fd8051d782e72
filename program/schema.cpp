#include "program/schema.hpp"

#include <algorithm>

#include "md/integrator.hpp"
#include "md/potential.hpp"
#include "md/text.hpp"
#include "program/distill/options.hpp"

namespace md {
namespace {

std::vector<Key> common_potential_keys() {
  return {
      {"name", Kind::text, "", "which potential: see `understudy models`", ""},
      {"model", Kind::file, "", "model file: .safetensors or .ts", ""},
      {"precision", Kind::choice, "float32",
       "precision of a network; on a GPU also tf32, bf16, fp16: of the factors of its products",
       "float32|float64|tf32|bf16|fp16"},
  };
}

std::vector<Key> common_integrator_keys() {
  return {
      {"method", Kind::text, "", "velocity_verlet | langevin", ""},
      {"time_step", Kind::time, "0.5 fs", "time step", ""},
      {"steps", Kind::integer, "", "how many steps; or give time", ""},
      {"time", Kind::time, "", "how long; or give steps", ""},
      {"temperature", Kind::temperatures, "",
       "of the thermostat and of drawn velocities: one, a list, geometric(300 K, 600 K) over all "
       "replicas, or ladder(300 K, 600 K) over the copies of each system",
       ""},
      {"friction", Kind::frictions, "1 /ps", "friction of langevin: one, or a list", ""},
      {"seed", Kind::integer, "2026", "seed of all random numbers", ""},
  };
}

std::vector<Key> teacher_keys() {
  return {
      {"name", Kind::text, "", "potential of the teacher; its own keys are those of [potential]",
       ""},
      {"model", Kind::file, "", "model file of the teacher", ""},
      {"precision", Kind::choice, "float32", "precision of the teacher, if a network",
       "float32|float64|tf32|bf16|fp16"},
      {"every", Kind::steps_or_time, "100", "between audits: steps or a time", ""},
      {"replicas", Kind::text, "all", "how many replicas an audit looks at, taken in turns", ""},
      {"discard", Kind::steps_or_time, "1",
       "the report leaves out audits before this: steps or a time of warming up", ""},
      {"budget", Kind::number, "",
       "audits are skipped while the teacher has used more than this share of the run time", ""},
      {"max_energy_error", Kind::energy, "",
       "per atom: error of the energy relative to the replica's mean difference so far", ""},
      {"max_force_error", Kind::force, "", "error of any component of the force on any atom", ""},
      {"policy", Kind::choice, "log",
       "beyond a limit: log it; harvest the frame; handover to the teacher; stop the replica",
       "log|harvest|handover|stop"},
      {"min_steps", Kind::integer, "200", "handover: a replica stays with the teacher this long",
       ""},
      {"release", Kind::number, "0.5",
       "handover: it returns when the errors are below this part of the limits", ""},
  };
}

template <class Registry>
void append_own_keys(std::vector<Key>& keys, const Registry& registry) {
  for (const auto& [name, entry] : registry.entries())
    for (const Key& key : entry.keys)
      if (std::none_of(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key.name; }))
        keys.push_back(key);
}

template <class Registry>
void choose(Input& input, const std::string& section, const std::string& key, std::vector<Key> keys,
            const Registry& registry, const std::string& noun) {
  const std::string full = section + "." + key;
  const std::string name = input.required(full);
  const auto entry = registry.entries().find(name);
  if (entry == registry.entries().end())
    input.fail(full,
               "no " + noun + " is called '" + name + "'; " + choices(name, registry.names()));
  keys.insert(keys.end(), entry->second.keys.begin(), entry->second.keys.end());
  input.narrow(section, std::move(keys), "the " + noun + " '" + name + "'");
}

}  // namespace

Input::Schema full_schema() {
  std::vector<Key> potential = common_potential_keys(), integrator = common_integrator_keys();
  std::vector<Key> teacher = teacher_keys();
  append_own_keys(potential, potentials());
  append_own_keys(teacher, potentials());
  append_own_keys(integrator, integrators());
  return {
      {"system",
       {{"structure", Kind::files, "", "extended XYZ, XYZ or PDB files; every frame is a system",
         ""},
        {"replicas", Kind::integer, "1", "copies of each system", ""},
        {"velocities", Kind::choice, "auto",
         "auto: from the file, else drawn at the temperature, else zero", "auto|file|maxwell|zero"},
        {"replica_id", Kind::integer, "0",
         "number of the first replica; its random numbers follow from seed and number", ""},
        {"remove_drift", Kind::flag, "yes",
         "remove linear (and, without periodicity, angular) momentum at the start", ""}}},
      {"potential", potential},
      {"integrator", integrator},
      {"output",
       {{"directory", Kind::file, "", "folder for everything that is written", ""},
        {"trajectory", Kind::choice, "amber", "format of the trajectory", "amber|extxyz|both|none"},
        {"every", Kind::steps_or_time, "100", "between frames: steps or a time", ""},
        {"velocities", Kind::flag, "no", "velocities in the trajectory", ""},
        {"forces", Kind::flag, "no", "forces in the trajectory", ""},
        {"log_every", Kind::steps_or_time, "100", "between rows of log.csv: steps or a time", ""},
        {"layout", Kind::choice, "separate", "a file per replica, or one for the whole batch",
         "separate|packed"},
        {"overwrite", Kind::flag, "no", "replace what an earlier run left in the folder", ""},
        {"file", Kind::file, "",
         "of `understudy energy`: the extended XYZ to write; of `verify`: the JSON", ""}}},
      {"checkpoint",
       {{"every", Kind::steps_or_wall, "10 min",
         "between checkpoints: a time on the clock or steps", ""},
        {"keep", Kind::integer, "2", "how many checkpoints stay", ""}}},
      {"neighbors",
       {{"skin", Kind::length, "1.0 A", "pairs this far beyond the cutoff stay in the list", ""}}},
      {"safety",
       {{"on_failure", Kind::choice, "quarantine", "what a bad replica leads to",
         "quarantine|stop"},
        {"max_temperature", Kind::temperature, "", "a replica hotter than this is bad", ""},
        {"max_force", Kind::force, "", "a replica with a larger force on an atom is bad", ""},
        {"min_distance", Kind::length, "", "a replica with two atoms nearer than this is bad",
         ""}}},
      {"distill", distill_keys()},
      {"run",
       {{"device", Kind::text, "auto", "auto | cpu | cuda | cuda:N", ""},
        {"threads", Kind::text, "auto", "CPU threads: auto or a number", ""},
        {"determinism", Kind::choice, "fast",
         "strict: a replica has the same bits alone and in any batch", "fast|strict"},
        {"progress", Kind::choice, "auto", "progress while running", "auto|off"},
        {"max_time", Kind::wall_time, "", "stop with a checkpoint after this time on the clock",
         ""}}},
      {"teacher", teacher},
      {"bench",
       {{"student", Kind::file, "", "model file, .safetensors or .ts", ""},
        {"teacher", Kind::file, "", "likewise; without it only the student is timed", ""},
        {"batches", Kind::text, "1, 8, 16, 64", "how many molecules at once", ""},
        {"atoms", Kind::text, "10, 20, 50", "sizes of water clusters, about", ""},
        {"trials", Kind::integer, "30", "timed evaluations of each batch", ""},
        {"warm_up", Kind::integer, "5", "evaluations before them", ""}}},
  };
}

void choose_components(Input& input, bool moving) {
  for (const std::string& key : input.full_keys())
    if (key.starts_with("bench.") && input.has(key))
      input.fail(key, "belongs to `understudy bench`");
  input.narrow("bench", {}, "this verb");
  choose(input, "potential", "name", common_potential_keys(), potentials(), "potential");
  if (moving)
    choose(input, "integrator", "method", common_integrator_keys(), integrators(), "integrator");
  if (moving && input.has_section("teacher"))
    choose(input, "teacher", "name", teacher_keys(), potentials(), "potential");
  // Sections that play no part are not listed either.
  if (!input.has_section("teacher")) input.narrow("teacher", {}, "a run without a teacher");
  if (moving && !input.has_section("distill")) input.narrow("distill", {}, "a run");
}

}  // namespace md
