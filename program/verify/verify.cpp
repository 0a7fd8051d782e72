#include "program/verify/verify.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "md/files.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/schema.hpp"
#include "program/verb.hpp"

namespace md {
namespace {

/// One function and one line here make a new claim.
const std::vector<Claim> all_claims{
    check_forces,    check_virial,  check_rotation,     check_translation, check_permutation,
    check_net_force, check_size,    check_batch,        check_continuity,  check_curvature,
    check_repulsion, check_restart, check_conservation,
};

VerifiedSystem verify_system(const Input& input, Evaluator& evaluator, const Structure& system) {
  const VerifyCase c(input, evaluator, system);
  fmt::print("\n{}: {}, {} atoms\n", system.source, formula(system.numbers), system.size());
  if (!std::isfinite(c.start.energy) || !std::isfinite(c.largest_force))
    throw NumericalError(system.source + ": its energy or a force is not a finite number");
  VerifiedSystem result{&system, {}};
  for (const Claim claim : verify_claims())
    for (VerifyRow& row : claim(c)) {
      fmt::print("{}\n", verify_line(row));
      std::fflush(stdout);
      result.rows.push_back(std::move(row));
    }
  return result;
}

int count(const std::vector<VerifiedSystem>& systems, Verdict verdict) {
  int n = 0;
  for (const VerifiedSystem& system : systems)
    for (const VerifyRow& row : system.rows) n += row.verdict == verdict;
  return n;
}

std::string first_fault(const std::vector<VerifiedSystem>& systems) {
  for (const VerifiedSystem& system : systems)
    for (const VerifyRow& row : system.rows)
      if (row.verdict == Verdict::fail) return row.claim + " of " + system.system->source;
  return "";
}

}  // namespace

const std::vector<Claim>& verify_claims() { return all_claims; }

VerifyCase::VerifyCase(const Input& input_, Evaluator& evaluator_, const Structure& system_)
    : input(input_),
      evaluator(evaluator_),
      traits(evaluator.potential().traits()),
      system(system_),
      start(evaluator.evaluate(system, traits.virial)),
      force_noise(traits.force_noise),
      largest_force(largest_difference(start.forces, std::vector<Vec3>(system.size()))) {}

double VerifyCase::energy_noise(int n, double energy) const {
  return std::sqrt(n) * force_noise * 1.0 + 4 * traits.energy_rounding * std::abs(energy);
}

VerifyRow judge(VerifyRow row, bool claimed) {
  if (!claimed) {
    row.verdict = Verdict::reported;
    row.remark = row.remark.empty() ? "not claimed" : "not claimed; " + row.remark;
    return row;
  }
  // Comparisons with what is no number are false.
  row.verdict = row.figure >= row.low && row.figure <= row.high ? Verdict::pass : Verdict::fail;
  return row;
}

VerifyRow at_most(const std::string& claim, double figure, double high, const std::string& unit,
                  const std::string& remark) {
  VerifyRow row;
  row.claim = claim;
  row.figure = figure;
  row.high = high;
  row.unit = unit;
  row.remark = remark;
  return row;
}

VerifyRow not_applicable(const std::string& claim, const std::string& why) {
  VerifyRow row;
  row.claim = claim;
  row.remark = why;
  return row;
}

namespace {

ExitCode verify_verb(const CommandLine& line) {
  Input input = read_input(line);
  choose_components(input, "verify");
  const std::string target = input.text("output.file").empty() ? "" : output_file(input);
  if (!target.empty() &&
      !std::filesystem::is_directory(std::filesystem::path(target).parent_path()))
    input.fail("output.file", target + ": its folder is not there");
  const std::vector<Structure> frames = read_all_structures(input);
  Evaluator evaluator = make_evaluator(input, frames);

  std::vector<VerifiedSystem> systems;
  for (const Structure& frame : frames) {
    systems.push_back(verify_system(input, evaluator, frame));
    // What is there after each system is whole, should the next one end the program.
    if (!target.empty()) write_file(target, verify_json(input, evaluator, systems));
  }
  const int failed = count(systems, Verdict::fail), passed = count(systems, Verdict::pass);
  fmt::print("\n{} systems: {} passed, {} failed, {} reported, {} not applicable\n", systems.size(),
             passed, failed, count(systems, Verdict::reported),
             count(systems, Verdict::not_applicable));
  if (!target.empty()) fmt::print("written to {}\n", target);
  std::fflush(stdout);
  if (failed > 0)
    throw NumericalError("the potential '" + input.text("potential.name") +
                         "' does not keep what it claims: " + std::to_string(failed) + " of " +
                         std::to_string(failed + passed) +
                         " failed; the first: " + first_fault(systems));
  return ExitCode::done;
}

const bool registered = verbs().add(
    "verify",
    {50,
     "verify --system.structure=in.xyz --potential.name=... [--output.file=out.json]",
     "hold a potential to what it claims: forces, symmetries, cutoff, repulsion, conservation",
     R"(understudy verify --system.structure=in.xyz[,more.pdb] --potential.name=NAME
                  [--potential.model=FILE] [--potential.precision=float64] [--output.file=out.json]
Holds a potential to what it claims, for every frame of the structure files: a table of figures with
their bounds, also as JSON. Exit code 4 when one fails. float64 is sharpest: bounds follow from the
rounding of the chosen precision, and in float32 small faults drown in it.

  forces are -dE/dx       central differences of the energy
  virial is -dE/dstrain   likewise, of periodic systems
  rotation, translation, another order of the atoms: the energy stays, forces go along
  net force, net torque   vanish where energy does not change with place and direction
  two copies              far apart (periodic: the doubled cell) have twice the energy
  in a batch as alone     a replica does not feel the others
  largest jump            of energy and forces while a pair of atoms, or an atom of the system, is
                          moved through every cutoff there may be, and atoms along their bonds; what
                          changes within 2e-4 A is a jump
  curvature               at symmetric centers, of the system and of small molecules: by differences
                          of forces over 1e-4, 1e-3 and 1e-2 A the same; in float32 the forces there
                          are those of float64
  pairs repel             bonds are shortened, other pairs of elements collide alone: below 0.7 of a
                          bond the energy must rise, to 0.3 A or to 5 eV; else atoms fall into each
                          other
  restart                 7 steps, a checkpoint, 13 steps: the bits of 20 steps
  drift, fluctuation      of the total energy at constant energy from 300 K; the fluctuation falls
                          by 4 when the time step is halved

What a potential does not claim (forces that are no gradient, no invariance, a plain cutoff) is
`reported` and fails nothing. Use structures that are near a minimum, as a run would start from.
Keys as for `understudy energy`; they may also stand in an INPUT.ini given first.
)",
     {"system", "potential", "output", "run"},
     verify_verb,
     {"system.structure", "potential.name"}});

}  // namespace
}  // namespace md
