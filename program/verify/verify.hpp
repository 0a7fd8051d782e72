#pragma once

#include <limits>
#include <string>
#include <vector>

#include "md/evaluator.hpp"
#include "md/input/input.hpp"

namespace md {

enum class Verdict { pass, fail, reported, not_applicable };

/// One figure of a claim and the range it must lie in. A row is `reported` where the potential does
/// not claim it, or where the figure means nothing in this precision; `remark` says which.
struct VerifyRow {
  std::string claim;
  Verdict verdict = Verdict::not_applicable;
  double figure = std::numeric_limits<double>::quiet_NaN();
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::string unit, remark;
};

/// What a claim is checked with: one system of the input, and where it comes from.
struct VerifyCase {
  /// Evaluates the system; all of them must outlive the case.
  VerifyCase(const Input& input, Evaluator& evaluator, const Structure& system);

  const Input& input;
  Evaluator& evaluator;
  const PotentialTraits& traits;
  const Structure& system;
  Evaluation start;      // of the system as it stands
  double force_noise;    // eV/A, rounding of one component of a force
  double largest_force;  // eV/A

  /// Rounding of the energy of a system of n atoms, eV. The potential says how far its forces are
  /// off; energies of atoms change over about 1 A, so they are off by that times 1 A, at random.
  /// What the total loses when it is put together comes on top.
  double energy_noise(int n, double energy) const;
  double energy_noise() const { return energy_noise(system.size(), start.energy); }
  /// Forces that should be the same differ by no more: ten times the rounding, since it is typical
  /// and not largest, and the last digits of large forces.
  double force_bound() const { return 10 * force_noise + 1e-12 * largest_force; }
  double energy_bound() const { return 10 * energy_noise(); }
};

/// A claim is a function from a case to its rows. Figures are upper limits unless they have a
/// `low`.
using Claim = std::vector<VerifyRow> (*)(const VerifyCase&);
/// All of them, in the order in which they are printed.
const std::vector<Claim>& verify_claims();

/// Pass or fail where the potential claims it, else reported. A figure that is no number fails.
VerifyRow judge(VerifyRow row, bool claimed);
/// A row whose figure must not exceed `high`, not yet judged.
VerifyRow at_most(const std::string& claim, double figure, double high, const std::string& unit,
                  const std::string& remark = "");
VerifyRow not_applicable(const std::string& claim, const std::string& why);

/// Whether `a` takes the place of `b` as the largest so far.
inline bool exceeds(double a, double b) { return b == b && !(a <= b); }

/// The rows of one system.
struct VerifiedSystem {
  const Structure* system = nullptr;
  std::vector<VerifyRow> rows;
};
/// "| E(Rx) - E(x) |   3.1e-12   <= 4e-11 eV   pass".
std::string verify_line(const VerifyRow& row);
std::string verify_json(const Input& input, const Evaluator& evaluator,
                        const std::vector<VerifiedSystem>& systems);

// The claims, each in the file of its subject.
std::vector<VerifyRow> check_forces(const VerifyCase&);  // verify_gradient.cpp
std::vector<VerifyRow> check_virial(const VerifyCase&);
std::vector<VerifyRow> check_rotation(const VerifyCase&);  // verify_symmetry.cpp
std::vector<VerifyRow> check_translation(const VerifyCase&);
std::vector<VerifyRow> check_permutation(const VerifyCase&);
std::vector<VerifyRow> check_net_force(const VerifyCase&);
std::vector<VerifyRow> check_size(const VerifyCase&);  // verify_batch.cpp
std::vector<VerifyRow> check_batch(const VerifyCase&);
std::vector<VerifyRow> check_continuity(const VerifyCase&);    // verify_continuity.cpp
std::vector<VerifyRow> check_curvature(const VerifyCase&);     // verify_curvature.cpp
std::vector<VerifyRow> check_repulsion(const VerifyCase&);     // verify_repulsion.cpp
std::vector<VerifyRow> check_conservation(const VerifyCase&);  // verify_dynamics.cpp
std::vector<VerifyRow> check_restart(const VerifyCase&);       // verify_restart.cpp

/// fs; a quarter of a femtosecond with hydrogen, longer with heavier atoms only, as the periods
/// of vibrations are.
double verify_time_step(const Structure& system);

}  // namespace md
