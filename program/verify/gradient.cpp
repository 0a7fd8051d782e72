#include <algorithm>
#include <cmath>
#include <functional>

#include "program/verify/verify.hpp"

namespace md {
namespace {

constexpr int most_atoms = 16;  // of one system whose forces are tested; 3 components of each

/// dE/dt at t = 0 of a family of systems, by the five-point formula (weights 1, -8, 8, -1 over 12
/// h; Abramowitz and Stegun 25.3.6), whose error is h^4/30 times the fifth derivative.
std::vector<Structure> stencil(const std::function<Structure(double)>& at, double h) {
  return {at(-2 * h), at(-h), at(h), at(2 * h)};
}

double slope(const Evaluation* e, double h) {
  return (8 * (e[2].energy - e[1].energy) - (e[3].energy - e[0].energy)) / (12 * h);
}

/// The step at which rounding `noise` of the energy and the error h^4 `fifth` of the formula are
/// equal, within [low, high].
double best_step(double noise, double fifth, double low, double high) {
  return std::clamp(std::pow(noise / fifth, 0.2), low, high);
}

struct Residual {
  double figure = 0, bound = 0;
};

/// How far `claimed` is from the derivative. `fifth`: an upper limit of the fifth derivative over
/// 30; `rounding`: of what is claimed. A force that is cut off has kinks, and so have networks of
/// vectors whose norms are not rounded off where they vanish. So shorter steps are tried too, as
/// long as rounding leaves a figure worth having (`sharp`), and the best counts: a wrong derivative
/// agrees with none.
Residual derivative_residual(const VerifyCase& c, const std::function<Structure(double)>& at,
                             double claimed, double h, double fifth, double rounding,
                             double sharp) {
  Residual best;
  for (double step = h;; step /= 10) {
    // Four energies with the weights 8, 8, 1, 1: 1.5 noise / h if every error has its worst sign.
    const double noise = 1.5 * c.energy_noise() / step;
    if (best.bound > 0 && noise > sharp) return best;
    const std::vector<Evaluation> e = c.evaluator.evaluate(stencil(at, step));
    const Residual r{std::abs(slope(e.data(), step) - claimed),
                     noise + fifth * std::pow(step, 4) + rounding};
    if (best.bound == 0 || !(r.figure / r.bound >= best.figure / best.bound)) best = r;
    if (best.figure <= best.bound) return best;
  }
}

/// Keeps the residual that is nearest to its bound, or beyond it by most; what is no number wins.
void keep_worst(Residual& worst, const Residual& r) {
  if (worst.bound == 0 || !(r.figure / r.bound <= worst.figure / worst.bound)) worst = r;
}

}  // namespace

std::vector<VerifyRow> check_forces(const VerifyCase& c) {
  // A bond, D (1 - exp(-a x))^2 with D = 5 eV, a = 2.3 /A, has the fifth derivative 30 D a^5 = 1e4
  // eV/A^5; where forces are large derivatives are so too.
  const double fifth = 300 * (1 + c.largest_force);
  const double h = best_step(c.energy_noise(), fifth, 1e-4, 2e-2);
  const double sharp = 1e-4 * (1 + c.largest_force);
  const int n = c.system.size(), tested = std::min(n, most_atoms);
  Residual worst;
  for (int k = 0; k < tested; ++k) {
    const int atom = static_cast<int>(static_cast<std::int64_t>(k) * n / tested);
    for (int axis = 0; axis < 3; ++axis) {
      const auto moved = [&](double t) {
        Structure s = c.system;
        s.positions[atom][axis] += t;
        return s;
      };
      keep_worst(worst, derivative_residual(c, moved, -c.start.forces[atom][axis], h, fifth,
                                            c.force_bound(), sharp));
    }
  }
  return {judge(at_most("forces are -dE/dx", worst.figure, worst.bound, "eV/A"),
                c.traits.conservative)};
}

std::vector<VerifyRow> check_virial(const VerifyCase& c) {
  const char* const claim = "virial is -dE/dstrain";
  if (!c.system.periodic.any()) return {not_applicable(claim, "not periodic")};
  if (!c.traits.virial) return {not_applicable(claim, "the potential gives none")};
  // As for the forces, times the length of a pair vector to the fifth, for a few pairs of each
  // atom.
  const double fifth = 5e3 * c.system.size() * (1 + c.largest_force);
  const double h = best_step(c.energy_noise(), fifth, 1e-5, 5e-3);
  // A force times a distance of some A for every atom, with random errors.
  const double rounding = 5 * std::sqrt(c.system.size()) * c.force_bound();
  const double sharp = 1e-3 * (1 + std::sqrt(c.system.size()));
  Residual worst;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b) {
      const auto strained = [&](double t) {
        Structure s = c.system;
        for (Vec3& x : s.positions) x[b] += t * x[a];
        for (Vec3& row : s.cell.row) row[b] += t * row[a];
        return s;
      };
      keep_worst(worst, derivative_residual(c, strained, -c.start.virial[a][b], h, fifth, rounding,
                                            sharp));
    }
  return {judge(at_most(claim, worst.figure, worst.bound, "eV"), c.traits.conservative)};
}

}  // namespace md
