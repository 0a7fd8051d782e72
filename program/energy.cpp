#include <fmt/format.h>

#include <cmath>

#include "io/extended_xyz.hpp"
#include "md/evaluator.hpp"
#include "md/files.hpp"
#include "md/text.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// Whether a column of masses stands among those that are written again.
bool has_masses(const std::string& columns) {
  const std::vector<std::string> parts = split(columns, ':');  // name, type, width
  for (std::size_t k = 0; k < parts.size(); k += 3)
    if (const std::string name = in_lower_case(parts[k]); name == "mass" || name == "masses")
      return true;
  return false;
}

/// One frame with its results. Throws NumericalError where there is no energy.
void append_result(std::string& text, const Structure& system, const Evaluation& result,
                   bool virial) {
  bool finite = std::isfinite(result.energy);
  for (const Vec3& force : result.forces) finite = finite && std::isfinite(norm(force));
  if (!finite)
    throw NumericalError(system.source + ": its energy or a force is not a finite number");
  ExtendedXyzFields fields;
  fields.remarks = system.remarks;
  fields.columns = system.columns;
  fields.column_text = system.column_text;
  fields.energy = result.energy;
  fields.forces = result.forces;
  if (virial && system.periodic.all())
    fields.stress = -1 / std::abs(determinant(system.cell)) * result.virial;
  XyzView view{system.numbers, system.positions, {}, system.cell, system.periodic};
  if (!has_masses(system.columns)) view.masses = system.masses;  // of D and T
  append_extended_xyz(text, view, fields);
}

ExitCode energy_verb(const CommandLine& line) {
  Input input = read_input(line);
  choose_components(input, "energy");
  const std::string target = output_file(input);
  const std::vector<Structure> frames = read_all_structures(input);
  Evaluator evaluator = make_evaluator(input, frames);
  const bool virial = evaluator.potential().traits().virial;

  const std::vector<Evaluation> results = evaluate_with_progress(
      evaluator, frames, "energy", input.choice("run.progress") == "auto", virial);
  std::string text;
  for (std::size_t r = 0; r < frames.size(); ++r)
    append_result(text, frames[r], results[r], virial);
  write_file(target, text);
  fmt::print("{} frames written to {}\n", frames.size(), target);
  return ExitCode::done;
}

const bool registered = verbs().add(
    "energy", {40,
               "energy --system.structure=in.xyz --output.file=out.xyz --potential.name=...",
               "energies, forces and (periodic) stress of every frame of structure files",
               R"(understudy energy --system.structure=in.xyz[,more.pdb] --output.file=out.xyz
                  --potential.name=NAME [--potential.model=FILE] [--potential.key=value ...]
Energies, forces and, of periodic frames where the potential has a virial, stress, as extended XYZ
in the order of the input (eV, eV/A, eV/A^3, ASE's sign of the stress). Frames are evaluated in
batches; periodic and aperiodic ones may be mixed. What else an extended XYZ frame says, keys and
columns, is written again; energy, forces and stress of others become reference_energy and so on.
A file that is there is replaced with --output.overwrite=yes only, one that is read never. Sections
[potential] and [run] as in `understudy help run`; they may also stand in an INPUT.ini given first.
)",
               {"system", "potential", "output", "run"},
               energy_verb,
               {"system.structure", "output.file", "potential.name"}});

}  // namespace
}  // namespace md
