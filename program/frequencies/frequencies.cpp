#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "md/files.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/frequencies/report.hpp"
#include "program/progress.hpp"
#include "program/run/system_keys.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

constexpr double at_rest = 0.05;     // eV/A: with larger forces these are no frequencies
constexpr double rigid_enough = 20;  // cm^-1 of what should be zero, and a fifth of the lowest mode

/// What is written, while it grows.
struct Results {
  Json list = Json::array();
  std::string modes;
};

struct Options {
  double displacement;  // A
  ThermalConditions conditions;
  int images;  // of each mode; 0: no modes are written
};

Options read_options(const Input& input) {
  Options o{input.positive("frequencies.displacement"), {}, 0};
  if (o.displacement > 0.5)
    input.fail_value("frequencies.displacement", "is no small displacement; about 0.01 A is");
  o.conditions.temperature = input.positive("frequencies.temperature");
  o.conditions.pressure = input.positive("frequencies.pressure");
  o.conditions.symmetry_number =
      static_cast<int>(input.integer("frequencies.symmetry_number", 1, 1000));
  if (!input.text("frequencies.modes").empty())
    o.images = static_cast<int>(input.integer("frequencies.images", 1, 1000));
  return o;
}

void add_system(const Options& o, const Origin& origin, const Structure& system,
                const Hessian& hessian, const PotentialTraits& traits, Results& results) {
  if (!std::isfinite(hessian.start.energy))
    throw NumericalError(system.source + ": its energy is not a finite number");
  for (const double value : hessian.values)
    if (!std::isfinite(value))
      throw NumericalError(system.source + ": a force is not a finite number");
  const NormalModes modes = normal_modes(system, hessian, traits);
  const Thermochemistry thermo = thermochemistry(system, hessian.start.energy, modes, o.conditions);
  Json json = frequencies_json(origin, system, hessian, modes, thermo, o.conditions);
  if (const double force = json.at("largest_force_eV_A").number(); force > at_rest)
    warn(
        fmt::format("{}: a force of {:.3g} eV/A: frequencies are those of a system at rest; "
                    "bring it there with `understudy minimize`",
                    system.source, force));
  double rigid = 0, lowest = std::numeric_limits<double>::infinity();
  for (const double wavenumber : modes.rigid) rigid = larger(rigid, std::abs(wavenumber));
  for (const double w : modes.wavenumbers) lowest = std::min(lowest, std::abs(w));
  if (rigid > rigid_enough && lowest < 5 * rigid)
    warn(
        fmt::format("{}: translation or rotation comes out as {:.0f} cm^-1 instead of 0: at this "
                    "displacement the forces are not smooth, or it is too large; low modes are not "
                    "to be trusted",
                    system.source, rigid));
  if (const int n = modes.n_imaginary(); n > 0)
    warn(fmt::format("{}: {} imaginary {}, down to {:.1f}i cm^-1", system.source, n,
                     n == 1 ? "mode" : "modes", -modes.wavenumbers[0]));
  results.list.push_back(std::move(json));
  if (o.images > 0) append_modes(results.modes, origin, system, modes, o.images);
}

ExitCode frequencies_verb(const CommandLine& line) {
  Input input = read_input(line);
  choose_components(input, "frequencies");
  const std::string target = output_file(input);
  const Options options = read_options(input);
  const std::string modes = options.images > 0 ? output_file(input, "frequencies.modes") : "";
  if (modes == target) input.fail("frequencies.modes", modes + " is output.file too");
  std::vector<Structure> frames;
  std::vector<Origin> origins;
  for (const std::string& path : input.files("system.structure")) {
    std::vector<Structure> of_file = read_structure_file(input, path);
    for (Origin& origin : origins_of(path, of_file)) origins.push_back(std::move(origin));
    for (Structure& frame : of_file) frames.push_back(std::move(frame));
  }
  hold_atoms(input, frames);
  Evaluator evaluator = make_evaluator(input, frames);

  Results results;
  Progress progress("frequencies", 0, static_cast<std::int64_t>(frames.size()),
                    input.choice("run.progress") == "auto");
  hessians(evaluator, frames, options.displacement, [&](std::size_t k, const Hessian& hessian) {
    progress.clear();
    add_system(options, origins[k], frames[k], hessian, evaluator.potential().traits(), results);
    progress.update(static_cast<std::int64_t>(k + 1));
  });
  progress.clear();
  if (!modes.empty()) write_file(modes, results.modes);
  write_file(target, results.list.dump(1) + "\n");
  fmt::print("{} systems written to {}{}\n", frames.size(), target,
             modes.empty() ? "" : ", their modes to " + modes);
  return ExitCode::done;
}

const bool section_registered = sections().add(
    "frequencies",
    {115,
     "vibrations",
     {{"displacement", Kind::length, "0.01 A", "of every coordinate, both ways", ""},
      {"modes", Kind::file, "", "extended XYZ to write every mode to, as frames of one swing", ""},
      {"images", Kind::integer, "12", "frames of each mode", ""},
      {"temperature", Kind::temperature, "298.15 K", "of the thermochemistry", ""},
      {"pressure", Kind::number, "1", "of the ideal gas, bar", ""},
      {"symmetry_number", Kind::integer, "1", "rotations that leave the molecules as they are",
       ""}}});

const bool registered = verbs().add(
    "frequencies",
    {44,
     "frequencies --system.structure=in.xyz --output.file=out.json --potential.name=...",
     "wavenumbers, normal modes, zero-point energies and thermochemistry of structures at rest",
     R"(understudy frequencies --system.structure=minima.xyz[,more.pdb] --output.file=out.json
                       --potential.name=NAME [--potential.model=FILE]
                       [--frequencies.modes=modes.xyz] [--frequencies.key=value ...]
Second derivatives of every frame by central differences of the forces, all displacements in
batches. Writes a JSON list in the order of the input: source, frame (from 0), energy_eV,
wavenumbers_cm1 in rising order (imaginary ones negative, with a warning), rigid_cm1, what
translation and rotation come out as (0 but for rounding and kinks), zero_point_eV, and
thermochemistry: of a free molecule as ideal gas, rigid rotor and harmonic oscillators; of a
periodic system, or one with held atoms, of its vibrations. Translation and rotation are projected
out: 3 N - 6 modes, 3 N - 5 of linear molecules, 3 N - 3 of periodic systems, 3 for every atom that
moves beside held ones. Structures should be at rest, to 0.001 eV/A or better, by `understudy
minimize`; use float64. There are no infrared intensities: a potential without charges has none.
)",
     {"system", "potential", "frequencies", "output", "run"},
     frequencies_verb,
     {"system.structure", "output.file", "potential.name"}});

}  // namespace
}  // namespace md
