#include "program/help.hpp"

#include <fmt/format.h>
#include <netcdf.h>

#include <algorithm>
#include <set>

#include "md/device/device.hpp"
#include "md/text.hpp"
#include "md/version.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

const char* const head =
    "understudy: molecular dynamics with machine-learned potentials, many replicas at once\n\n";
const char* const example =
    R"(
An input file holds sections of `key = value` lines; every key can also be given on the command
line as --section.key=value, which wins. A first run:

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

/// A section with the keys of each component that may be chosen in it and is not `listed` yet.
std::string list_section(const std::string& name, const Section& section,
                         std::set<std::string>& listed) {
  std::string text = list_keys("[" + name + "] " + section.help, common_keys(section));
  if (!section.chooser.components) return text;
  for (const ComponentKeys& component : section.chooser.components())
    if (!component.keys.empty() && listed.insert(component.name).second)
      text += list_keys(fmt::format("[{}] {} = {}: {}", name, section.chooser.key, component.name,
                                    component.help),
                        component.keys);
  return text;
}

/// What a verb takes that a run does not; of a run everything.
std::string list_sections(const std::string& verb) {
  const std::vector<std::string>& taken = verbs().find(verb).sections;
  const std::vector<std::string>& of_runs = verbs().find("run").sections;
  std::string text;
  std::set<std::string> listed;
  for (const auto& [name, keys] : full_schema()) {
    const bool known = std::find(of_runs.begin(), of_runs.end(), name) != of_runs.end();
    if (std::find(taken.begin(), taken.end(), name) != taken.end() && (verb == "run" || !known))
      text += list_section(name, sections().find(name), listed);
  }
  return text;
}

std::string overview() {
  std::string text = head;
  for (const std::string& name : verbs_in_order()) {
    const Verb& verb = verbs().find(name);
    text += "  understudy " + verb.usage + "\n";
    if (!verb.summary.empty()) text += "      " + verb.summary + "\n";
  }
  return text + example;
}

ExitCode help_verb(const CommandLine& line) {
  fmt::print("{}", help_text(line.arguments.empty() ? "" : line.arguments[0]));
  return ExitCode::done;
}

const bool registered = verbs().add(
    "help", {100, "help VERB | --version", "", "understudy help VERB\n", {}, help_verb});

}  // namespace

std::string help_text(const std::string& verb) {
  if (verb.empty()) return overview();
  return verbs().find(verb).help + list_sections(verb);
}

std::string version_text() {
  std::string netcdf = nc_inq_libvers();
  netcdf = netcdf.substr(0, netcdf.find(' '));
#ifdef MD_CUDA
  const char* const devices = "CPU and CUDA";
#else
  const char* const devices = "CPU";
#endif
  const char* const torch = part_is_installed("torch") ? "with LibTorch" : "without LibTorch";
  return fmt::format("understudy {} ({}; {}; netCDF {}; {} {})", version, devices, torch, netcdf,
                     "g++", __VERSION__);
}

}  // namespace md
