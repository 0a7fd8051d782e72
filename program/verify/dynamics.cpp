#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "md/integrator.hpp"
#include "md/simulation.hpp"
#include "md/velocities.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace {

constexpr int n_steps = 200;         // of the longer time step
constexpr double temperature = 300;  // K
constexpr std::uint32_t seed = 2026;
constexpr int most_copies = 2, enough_atoms = 32;

/// How the total energy of one run behaves, mean over its copies.
struct Run {
  double drift = 0;        // eV/fs, root of the mean square of straight lines through the energies
  double fluctuation = 0;  // eV, standard deviation about these lines
};

Run line_fit(const std::vector<std::vector<double>>& energies, double time_step) {
  double drift2 = 0, rest2 = 0;
  for (const std::vector<double>& e : energies) {
    const double n = static_cast<double>(e.size());
    double mean = 0, te = 0, tt = 0;
    for (const double x : e) mean += (x - e[0]) / n;
    for (std::size_t k = 0; k < e.size(); ++k) {
      const double t = time_step * (static_cast<double>(k) - 0.5 * (n - 1));
      te += t * (e[k] - e[0] - mean);
      tt += t * t;
    }
    const double slope = te / tt;
    double square = 0;
    for (std::size_t k = 0; k < e.size(); ++k) {
      const double t = time_step * (static_cast<double>(k) - 0.5 * (n - 1));
      const double d = e[k] - e[0] - mean - slope * t;
      square += d * d / n;
    }
    drift2 += slope * slope / static_cast<double>(energies.size());
    rest2 += square / static_cast<double>(energies.size());
  }
  return {std::sqrt(drift2), std::sqrt(rest2)};
}

/// Velocity Verlet of some copies with different velocities; the total energy of each step.
Run run(const VerifyCase& c, double time_step, int steps) {
  std::vector<Structure> systems;
  std::vector<ReplicaSettings> settings;
  const int copies = std::clamp(enough_atoms / c.system.size(), 1, most_copies);
  for (int k = 0; k < copies; ++k) {
    systems.push_back(c.system);
    systems.back().fixed.clear();  // held atoms would hide what their forces do
    draw_velocities(systems.back(), temperature, seed, k);
    if (c.traits.translation_invariant) remove_drift(systems.back());
    settings.push_back({0, 0, static_cast<std::uint32_t>(k), 3 * c.system.size()});
  }
  auto integrator = integrators().find("velocity_verlet").make({c.input, time_step, seed});
  Simulation simulation(c.evaluator.device(), c.evaluator.threads(), systems, settings,
                        c.evaluator.potential(), std::move(integrator), 1.0, {});
  simulation.evaluate(false);
  std::vector<std::vector<double>> energies(copies);
  for (int k = 0; k <= steps; ++k) {
    if (k > 0) simulation.advance(1, false);
    const auto potential = simulation.state().potential.download();
    const auto kinetic = simulation.state().kinetic.download();
    for (int r = 0; r < copies; ++r) energies[r].push_back(potential[r] + kinetic[r]);
  }
  const bool broken = simulation.n_frozen() > 0;
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  return broken ? Run{nothing, nothing} : line_fit(energies, time_step);
}

}  // namespace

double verify_time_step(const Structure& system) {
  double lightest = 1e300;
  for (int i = 0; i < system.size(); ++i) lightest = std::min(lightest, system.mass(i));
  return 0.25 * std::sqrt(lightest / standard_mass(1));
}

std::vector<VerifyRow> check_conservation(const VerifyCase& c) {
  const double dt = verify_time_step(c.system);
  const int n = c.system.size();
  const Run coarse = run(c, 2 * dt, n_steps), fine = run(c, dt, 2 * n_steps);
  // Rounding of the forces does work at random, its size that of noise times the thermal velocity.
  const double velocity = 0.016 * 0.25 / dt;  // A/fs, of hydrogen at 300 K, per component
  const double work = c.force_noise * velocity * dt * std::sqrt(3.0 * n * 2 * n_steps);
  const double noise = c.energy_noise() + work;
  // The integrator is symplectic: its energy error is bounded and comes and goes. A line through
  // 2 n_steps of it, correlated over several periods, has a rise of about its size; four times
  // that over the whole run is no accident.
  const double time = dt * 2 * n_steps;
  const double per_atom_and_ns = 1e6 / n;
  const auto text = fmt::format("velocity Verlet, {:.2g} fs, {:.3g} fs from 300 K", dt, time);
  const bool smooth = c.traits.continuous_energy && c.traits.continuous_forces;
  std::vector<VerifyRow> rows{
      judge(at_most("drift of the total energy", fine.drift * per_atom_and_ns,
                    4 * (fine.fluctuation + noise) / time * per_atom_and_ns, "eV/(atom ns)", text),
            c.traits.conservative)};
  VerifyRow order;
  order.claim = "fluctuation, twice the step / the step";
  order.figure = coarse.fluctuation / fine.fluctuation;
  // Second order: exactly 4 for short steps; the next order adds some percent with a step of 0.5
  // fs.
  order.low = 3;
  order.high = 5;
  order.remark = fmt::format("{:.2g} / {:.2g} eV at {:.2g} / {:.2g} fs", coarse.fluctuation,
                             fine.fluctuation, 2 * dt, dt);
  const bool drowned = fine.fluctuation < 2 * noise;
  if (drowned) order.remark += "; below the rounding, float64 would tell";
  if (!smooth) order.remark += "; order 2 needs forces without jumps";
  rows.push_back(judge(order, c.traits.conservative && smooth));
  if (drowned && rows.back().verdict == Verdict::fail) rows.back().verdict = Verdict::reported;
  return rows;
}

}  // namespace md
