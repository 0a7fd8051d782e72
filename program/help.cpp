#include "program/help.hpp"

#include <fmt/format.h>
#include <netcdf.h>

#include "md/device/device.hpp"
#include "md/errors.hpp"
#include "md/integrator.hpp"
#include "md/potential.hpp"
#include "md/text.hpp"
#include "program/distill/options.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

const char* const overview =
    R"(understudy: molecular dynamics with machine-learned potentials, many replicas at once

  understudy run INPUT.ini [INPUT2.ini ...] [--section.key=value ...]
      run; several inputs are stages, each starting from the last state of the one before
  understudy restart DIRECTORY [--section.key=value ...]
      continue exactly where the checkpoint in an output folder is
  understudy check INPUT.ini [...]
      read everything, evaluate the potential once, say what the run will need; writes nothing
  understudy energy --system.structure=in.xyz --output.file=out.xyz --potential.name=...
      energies, forces and (periodic) stress of every frame of structure files
  understudy verify --system.structure=in.xyz --potential.name=... [--output.file=out.json]
      hold a potential to what it claims: forces, symmetries, cutoff, repulsion, conservation
  understudy audit DIRECTORY --teacher.name=... [--teacher.model=...]
      how far a finished run can be trusted: its frames once more, with the student and a teacher
  understudy bench --bench.student=FILE --bench.teacher=FILE --system.structure=in.xyz ...
      how much faster a student is than its teacher, for single molecules and batches
  understudy models [FILE]
      the potentials there are; of a model file: what is in it
  understudy distill INPUT.ini
      make a student: run and label structures with a teacher, train, go on where it fails
  understudy help VERB | --version

An input file holds sections of `key = value` lines; every key can also be given on the command line
as --section.key=value, which wins. A first run:

  [system]
  structure = water.xyz
  replicas = 16
  [potential]
  name = painn
  model = student.safetensors
  [integrator]
  method = langevin
  temperature = 300 K
  time = 10 ps
  [output]
  directory = runs/water

`understudy help run` lists all keys.
)";

const char* unit_hint(Kind kind) {
  switch (kind) {
    case Kind::length:
      return "A, nm, pm, bohr";
    case Kind::energy:
      return "eV, meV, hartree, kcal/mol, kJ/mol, K";
    case Kind::stiffness:
      return "eV/A^2";
    case Kind::force:
      return "eV/A, hartree/bohr";
    case Kind::time:
      return "fs, ps, ns";
    case Kind::wall_time:
      return "s, min, h, d";
    case Kind::temperature:
    case Kind::temperatures:
      return "K";
    case Kind::frictions:
      return "/ps, /fs";
    case Kind::steps_or_time:
      return "steps; fs, ps, ns";
    case Kind::steps_or_wall:
      return "steps; s, min, h";
    case Kind::flag:
      return "yes | no";
    default:
      return "";
  }
}

std::string list_keys(const std::string& title, const std::vector<Key>& keys) {
  std::string text = "\n" + title + "\n";
  for (const Key& key : keys) {
    std::string note =
        key.kind == Kind::choice ? join(split(key.choices, '|'), " | ") : unit_hint(key.kind);
    if (!note.empty()) note = " (" + note + ")";
    text += fmt::format("  {:<28}{}{}\n",
                        key.initial.empty() ? key.name : key.name + " = " + key.initial, key.help,
                        note);
  }
  return text;
}

template <class Registry>
std::string list_own_keys(const Registry& registry, const std::string& section) {
  std::string text;
  for (const auto& [name, entry] : registry.entries())
    if (!entry.keys.empty())
      text += list_keys(fmt::format("[{}] name = {}: {}", section, name, entry.help), entry.keys);
  return text;
}

std::string run_help() {
  std::string text =
      "Keys with their defaults; without a unit numbers are in A, fs, eV, K, 1/ps.\n";
  Input input(full_schema());
  for (const auto& [section, keys] : input.schema()) {
    if (section == "bench") continue;  // see bench_help()
    std::vector<Key> common;
    for (const Key& key : keys) {
      bool own = false;
      const bool potential = section == "potential" || section == "teacher";
      for (const auto& [name, entry] : potentials().entries())
        for (const Key& k : entry.keys) own = own || (potential && k.name == key.name);
      if (!own) common.push_back(key);
    }
    text += list_keys("[" + section + "]", common);
    if (section == "potential")
      text += "\n  potentials: " + join(potentials().names(), ", ") + "\n" +
              list_own_keys(potentials(), "potential");
    if (section == "integrator") text += "\n  methods: " + join(integrators().names(), ", ") + "\n";
  }
  return text;
}

std::string bench_help() {
  Input input(full_schema());
  for (const auto& [section, keys] : input.schema())
    if (section == "bench") return list_keys("[bench]", keys);
  return "";
}

const char* const run_head =
    "understudy run INPUT.ini [INPUT2.ini ...] [--section.key=value ...]\n"
    "Writes trajectories, log.csv, timings.json, summary.json, input.ini and checkpoint.nc to\n"
    "output.directory. Exit code: 0 done, 2 wrong input, 3 some replicas were quarantined, 4 "
    "failed\n"
    "numerically, 5 a resource ran out, 75 stopped early with a checkpoint.\n\n";
const char* const restart_head =
    "understudy restart DIRECTORY [--section.key=value ...]\n"
    "Continues the run in DIRECTORY from its checkpoint; the result is the same, bit for bit, as "
    "if it\n"
    "had never stopped. integrator.steps is the total: --integrator.steps=N makes the run longer.\n"
    "Keys are those of `understudy help run` except [system], which comes from the checkpoint.\n";
const char* const check_head =
    "understudy check INPUT.ini [...] [--section.key=value ...]\n"
    "Reads and checks what `understudy run` would, evaluates the potential once, and prints the\n"
    "resolved input, memory, disk space and time that the run will need. Writes nothing.\n";
const char* const energy_head =
    "understudy energy --system.structure=in.xyz[,more.pdb] --output.file=out.xyz\n"
    "                  --potential.name=NAME [--potential.model=FILE] [--potential.key=value ...]\n"
    "Energies, forces and, of periodic frames where the potential has a virial, stress, as "
    "extended XYZ\n"
    "in the order of the input (eV, eV/A, eV/A^3, ASE's sign of the stress). Frames are evaluated "
    "in\n"
    "batches; periodic and aperiodic ones may be mixed. Sections [potential] and [run] as in\n"
    "`understudy help run`; they may also stand in an INPUT.ini given first.\n";
const char* const verify_head =
    "understudy verify --system.structure=in.xyz[,more.pdb] --potential.name=NAME\n"
    "                  [--potential.model=FILE] [--potential.precision=float64] "
    "[--output.file=out.json]\n"
    "Holds a potential to what it claims, for every frame of the structure files: a table of "
    "figures "
    "with\n"
    "their bounds, also as JSON. Exit code 4 when one fails. float64 is sharpest: bounds follow "
    "from the\n"
    "rounding of the chosen precision, and in float32 small faults drown in it.\n\n"
    "  forces are -dE/dx       central differences of the energy\n"
    "  virial is -dE/dstrain   likewise, of periodic systems\n"
    "  rotation, translation, another order of the atoms: the energy stays, forces go along\n"
    "  net force, net torque   vanish where energy does not change with place and direction\n"
    "  two copies              far apart (periodic: the doubled cell) have twice the energy\n"
    "  in a batch as alone     a replica does not feel the others\n"
    "  largest jump            of energy and forces while a pair of atoms, or an atom of the "
    "system, is\n"
    "                          moved through every cutoff there may be, in steps down to 1e-6 A\n"
    "  pairs repel             bonds are shortened, other pairs of elements collide alone: below "
    "0.7 "
    "of a\n"
    "                          bond the energy must rise, to 0.3 A or to 5 eV; else atoms fall "
    "into "
    "each other\n"
    "  restart                 7 steps, a checkpoint, 13 steps: the bits of 20 steps\n"
    "  drift, fluctuation      of the total energy at constant energy from 300 K; the fluctuation "
    "falls\n"
    "                          by 4 when the time step is halved\n\n"
    "What a potential does not claim (forces that are no gradient, no invariance, a plain cutoff) "
    "is\n"
    "`reported` and fails nothing. Use structures that are near a minimum, as a run would start "
    "from.\n"
    "Keys as for `understudy energy`; they may also stand in an INPUT.ini given first.\n";
const char* const audit_head =
    "understudy audit DIRECTORY [--teacher.name=NAME --teacher.model=FILE ...] "
    "[--section.key=value ...]\n"
    "Evaluates every frame of the trajectories in DIRECTORY with the potential of the run and with "
    "a\n"
    "teacher, in batches; prints the errors per replica and in all with 95 % confidence intervals, "
    "and\n"
    "whether averages hold at the level of the teacher, by Boltzmann reweighting; writes "
    "audit.json into\n"
    "DIRECTORY, or audit_frames.json where the run has written its own audit. Section [teacher] as "
    "in `understudy help run`; a run that had one needs none "
    "here.\n"
    "With [teacher] in its input, a run audits itself.\n";
const char* const bench_head =
    "understudy bench [INPUT.ini] --bench.student=FILE [--bench.teacher=FILE]\n"
    "                 --system.structure=molecules.xyz --output.directory=DIR [--section.key=value "
    "...]\n"
    "Times energy and forces of both models: of every molecule alone, of batches that take the "
    "molecules\n"
    "in turn, and of water clusters of some sizes. In each trial all positions are new and the "
    "neighbor\n"
    "lists with them; the models take turns, so that both see the same machine. Prints the median, "
    "the\n"
    "fastest and the quartiles in ms per molecule, memory, parameters and the speed-up, beside "
    "published\n"
    "figures, and writes bench.json and bench.log. [potential] precision and [run] count for "
    "both.\n";
const char* const models_head =
    "understudy models [FILE]\n"
    "Without FILE the potentials of this program. Of a .safetensors or .ts file: architecture, "
    "number of\n"
    "parameters module by module, cutoff, elements, units, teacher and SHA-256.\n";

const char* const distill_head =
    "understudy distill INPUT.ini [--section.key=value ...]\n"
    "understudy distill DIRECTORY        continue one that was stopped; the result is the same\n"
    "Makes a student. The teacher is the potential of section [potential]. Frames come from runs\n"
    "(distill.samples: inputs of `understudy run`, made if they are not there yet) and from "
    "files;\n"
    "near duplicates go, stretched and displaced copies are added, the teacher labels them all, a "
    "PaiNN\n"
    "is trained on energies and forces. In each active round the student makes the runs of\n"
    "distill.explore; frames on which a committee of students disagrees, and the teacher objects, "
    "are\n"
    "learned from too. Trajectories are for learning or validation or tests, never for two of "
    "them.\n"
    "Writes student.safetensors, learning_curve.csv, errors.csv and dataset.safetensors to\n"
    "output.directory.\n";

}  // namespace

std::string help_text(const std::string& verb) {
  if (verb.empty()) return overview;
  if (verb == "run") return run_head + run_help();
  if (verb == "restart") return restart_head;
  if (verb == "check") return check_head;
  if (verb == "energy") return energy_head;
  if (verb == "audit") return audit_head;
  if (verb == "models") return models_head;
  if (verb == "distill") return distill_head + list_keys("[distill]", distill_keys());
  if (verb == "verify") return verify_head;
  if (verb == "bench") return bench_head + bench_help();
  throw InputError("command line: no verb is called '" + verb + "'; " +
                   choices(verb, {"run", "restart", "check", "energy", "models", "verify",
                                  "distill", "audit", "bench"}));
}

std::string version_text() {
  std::string netcdf = nc_inq_libvers();
  netcdf = netcdf.substr(0, netcdf.find(' '));
#ifdef MD_CUDA
  const char* const devices = "CPU and CUDA";
#else
  const char* const devices = "CPU";
#endif
#ifdef MD_TORCH
  const char* const torch = "with LibTorch";
#else
  const char* const torch = "without LibTorch";
#endif
  return fmt::format("understudy {} ({}; {}; netCDF {}; {} {})", MD_VERSION, devices, torch, netcdf,
                     "g++", __VERSION__);
}

}  // namespace md
