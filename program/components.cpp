#include "program/components.hpp"

#include <sched.h>

#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "io/structure_reader.hpp"
#include "md/errors.hpp"
#include "md/text.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

const bool registered[] = {
    sections().add("potential",
                   {20,
                    "what the forces come from",
                    {
                        {"name", Kind::text, "", "which potential: see `understudy models`", ""},
                        {"model", Kind::file, "", "model file: .safetensors or .ts", ""},
                        {"precision", Kind::choice, "float32",
                         "precision of a network; on a GPU also tf32x3, tf32, bf16, fp16: of the "
                         "factors of its products",
                         precisions},
                        {"ignore_charge", Kind::flag, "no",
                         "go on where a file gives a charge or spin that the potential lacks", ""},
                    },
                    chooser_from("name", potentials)}),
    sections().add("run",
                   {90,
                    "the machine and the clock",
                    {{"device", Kind::text, "auto", "auto | cpu | cuda | cuda:N", ""},
                     {"threads", Kind::text, "auto", "CPU threads: auto or a number", ""},
                     {"determinism", Kind::choice, "fast",
                      "strict: a replica has the same bits alone and in any batch", "fast|strict"},
                     {"progress", Kind::choice, "auto", "progress while running", "auto|off"},
                     {"max_time", Kind::wall_time, "",
                      "stop with a checkpoint after this time on the clock", ""},
                     {"plugins", Kind::files, "",
                      "shared objects with more potentials, integrators, writers", ""}}}),
};

std::string element_names(const std::set<int>& numbers) {
  std::vector<std::string> names;
  for (int number : numbers) names.push_back(symbol(number));
  return join(names, ", ");
}

/// What a file says of charge and spin is used or refused. Formal charges of atoms are often those
/// of a part of a crystal: they warn.
void check_charge(const Input& input, const PotentialTraits& traits, const Structure& system) {
  const std::string key = "potential.ignore_charge";
  if (traits.charge || !input.takes(key) || input.flag(key)) return;
  const auto refuse = [&](const std::string& what, double value) {
    std::ostringstream text;
    text << value;
    input.fail("potential.name", "the potential '" + input.text("potential.name") +
                                     "' knows neither charge nor spin, but " + system.source +
                                     " has the " + what + " " + text.str() +
                                     "; potential.ignore_charge = yes goes on without it");
  };
  if (system.charge != 0) refuse("charge", system.charge);
  if (system.spin != 0 && system.spin != 1) refuse("spin", system.spin);
  if (system.formal_charge != 0)
    warn(system.source + ": the formal charges of its atoms sum to " +
         std::to_string(system.formal_charge) + "; the potential '" + input.text("potential.name") +
         "' knows no charges");
}

}  // namespace

void warn(const std::string& what) {
  static std::set<std::string> said;  // stages are checked once more before they run
  if (said.insert(what).second) std::cerr << "warning: " << what << std::endl;
}

int read_threads(const Input& input) {
  cpu_set_t cores;
  const int available = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  if (input.text("run.threads") == "auto") return available;
  const std::int64_t threads = input.integer("run.threads");
  if (threads < 1 || threads > 1024)
    input.fail_value("run.threads", "must be auto or a number from 1 to 1024");
  if (threads > available)
    warn("run.threads is " + std::to_string(threads) + ", but this process has " +
         std::to_string(available) + (available == 1 ? " core" : " cores") +
         ": more threads than that only slow each other down");
  return static_cast<int>(threads);
}

Device read_device(const Input& input) {
  try {
    return select_device(input.required("run.device"));
  } catch (const InputError& error) {
    input.fail("run.device", error.what());
  }
}

std::unique_ptr<Potential> make_potential(const Input& input, const Device& device) {
  try {
    return potentials()
        .find(input.required("potential.name"))
        .make({input, device, read_threads(input), input.choice("run.determinism") == "strict",
               input.choice("potential.precision")});
  } catch (const InputError& error) {  // of the model file: say who asked for it
    const bool model = !input.text("potential.model").empty() &&
                       std::string(error.what()).starts_with(input.file("potential.model"));
    if (model) input.fail("potential.model", error.what());
    throw;
  }
}

std::vector<std::string> lines_of(const Description& description) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : description) lines.push_back(name + ": " + value);
  return lines;
}

void check_is_there(const Input& input, const std::string& path, const std::string& key) {
  if (!std::filesystem::exists(path)) input.fail(key, path + ": no such file");
}

void check_frames(const std::string& path, const std::vector<Structure>& frames) {
  for (const Structure& frame : frames) {
    validate(frame);
    for (const std::string& warning : frame.warnings) warn(path + ": " + warning);
  }
}

std::vector<Structure> read_structure_file(const Input& input, const std::string& path,
                                           const std::string& key) {
  check_is_there(input, path, key);
  std::vector<Structure> frames = read_structures(path);
  check_frames(path, frames);
  return frames;
}

std::vector<Structure> read_all_structures(const Input& input) {
  std::vector<Structure> frames;
  for (const std::string& path : input.files("system.structure"))
    for (Structure& frame : read_structure_file(input, path)) frames.push_back(std::move(frame));
  return frames;
}

void check_systems(const Input& input, const Potential& potential, const Device& device,
                   const std::vector<Structure>& systems, bool drives) {
  const PotentialTraits& traits = potential.traits();
  const std::string who = "the potential '" + input.text("potential.name") + "' ";
  const auto refuse = [&](const std::string& what) { input.fail("potential.name", who + what); };
  if (device.is_cuda() && !traits.on_gpu) refuse("does not run on a GPU; use run.device = cpu");
  for (const Structure& system : systems) {
    if (system.periodic.any() && !traits.periodic)
      refuse("treats no periodic systems, but " + system.source + " is one");
    if (system.periodic.any() && !system.periodic.all() && !traits.partly_periodic)
      refuse("is not told which directions are periodic and would take all three, but " +
             system.source + " is periodic along one or two only");
    if (!system.periodic.any() && !traits.aperiodic)
      refuse("treats periodic systems only, but " + system.source + " is none");
    check_charge(input, traits, system);
    if (traits.elements.empty()) continue;
    for (int number : system.numbers)
      if (!traits.elements.contains(number))
        refuse("knows " + element_names(traits.elements) + ", but " + system.source + " has " +
               symbol(number));
  }
  if (drives && !traits.conservative && input.text("integrator.method") == "velocity_verlet")
    warn(who +
         "gives forces that are not the gradient of its energy: with velocity_verlet the "
         "total energy will drift");
  if (drives && !traits.caution.empty()) warn(who + traits.caution);
}

Input read_input(const CommandLine& line) {
  if (line.arguments.size() > 1)
    throw InputError("command line: " + line.verb +
                     " takes at most one input file, and keys as --section.key=value");
  Input input(full_schema());
  if (!line.arguments.empty()) input.read_file(line.arguments[0]);
  apply_overrides(input, line);
  return input;
}

Evaluator make_evaluator(const Input& input, const std::vector<Structure>& systems) {
  const Device device = read_device(input);
  std::unique_ptr<Potential> potential = make_potential(input, device);
  check_systems(input, *potential, device, systems);
  return {device, read_threads(input), std::move(potential)};
}

}  // namespace md
