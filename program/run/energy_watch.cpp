#include "program/run/energy_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "md/units.hpp"
#include "program/components.hpp"

namespace md {
namespace {

constexpr double block_size = 10;     // looks
constexpr double times_measure = 10;  // D
constexpr double share_kinetic = 0.01;
constexpr double times_rounding = 100;

/// On the host without a copy where it is there already.
template <class T>
const T* host(const Array<T>& array, const Device& device, std::vector<T>& copy) {
  if (!device.is_cuda()) return array.data();
  array.download(copy);
  return copy.data();
}

}  // namespace

void EnergyWatch::begin(const Stage&, const Replicas& replicas, Simulation& simulation,
                        const Checkpoint* from) {
  // Where a watch has put another potential in its place, handing over makes energies jump.
  active_ = stage_.conserves_energy && &simulation.potential() == stage_.potential.get();
  accounts_.assign(replicas.systems.size(), {});
  mass_ = simulation.state().mass.download();
  const std::vector<int> held = simulation.state().fixed.download();
  for (std::size_t i = 0; i < held.size(); ++i)
    if (held[i] != 0) mass_[i] = std::numeric_limits<double>::infinity();
  for (std::size_t r = 0; r < replicas.systems.size(); ++r)
    names_.push_back(replicas.origins[r].name);
  constexpr std::size_t size = sizeof(Account) / sizeof(double);
  if (!from || !from->has("energy_watch")) return;
  const std::vector<double>& values = from->doubles("energy_watch", size * accounts_.size());
  std::copy(values.begin(), values.end(), reinterpret_cast<double*>(accounts_.data()));
}

void EnergyWatch::save(Checkpoint& checkpoint) const {
  static_assert(std::is_trivially_copyable_v<Account> && sizeof(Account) % sizeof(double) == 0);
  const auto* const values = reinterpret_cast<const double*>(accounts_.data());
  checkpoint.set(
      "energy_watch",
      std::vector<double>(values, values + accounts_.size() * sizeof(Account) / sizeof(double)));
}

void EnergyWatch::look(Simulation& simulation, double) {
  if (!active_) return;
  const State& s = simulation.state();
  std::vector<double> potentials, kinetics;
  std::vector<int> statuses;
  std::vector<Vec3> forces;
  const double* const potential = host(s.potential, s.device(), potentials);
  const double* const kinetic = host(s.kinetic, s.device(), kinetics);
  const int* const status = host(s.status, s.device(), statuses);
  const Vec3* const force = host(s.force, s.device(), forces);
  const double dt = stage_.options.time_step, factor = dt * dt * units::force_to_acceleration / 24;
  for (std::size_t r = 0; r < accounts_.size(); ++r) {
    Account& a = accounts_[r];
    if (a.said_step >= 0 || status[r] != static_cast<int>(Status::running)) continue;
    double measure = 0;
    for (int i = s.first_atom()[r]; i < s.first_atom()[r + 1]; ++i)
      measure += dot(force[i], force[i]) / mass_[i];
    measure *= factor;
    const double energy = potential[r] + kinetic[r];
    if (a.looks == 0) a.first = energy, a.measure0 = measure;
    a.looks += 1;
    a.measure += measure;
    a.kinetic += kinetic[r];
    Block& b = a.block;
    const double change = energy - a.first;
    if (b.looks == 0 || std::abs(change) < std::abs(b.least)) b.least = change;
    b.looks += 1;
    b.measure += measure;
    if (b.looks >= block_size) judge(simulation, static_cast<int>(r), potential[r]);
  }
}

/// At the end of a block.
void EnergyWatch::judge(const Simulation& simulation, int r, double potential) {
  Account& a = accounts_[r];
  const double measure = std::max(
      {a.measure0, a.measure / a.looks, a.block.measure / block_size, a.last.measure / block_size});
  const double rounding =
      times_rounding * simulation.potential().traits().energy_rounding * std::abs(potential);
  a.bound = times_measure * measure + share_kinetic * a.kinetic / a.looks + rounding;
  a.change = a.block.least;
  if (std::abs(a.change) > a.bound) {
    a.said_step = static_cast<double>(simulation.step());
    // That it will drift without forces that are a gradient was said before the first step.
    if (simulation.potential().traits().conservative) say(simulation.step(), r);
  }
  a.last = a.block;
  a.block = {};
}

void EnergyWatch::say(std::int64_t step, int r) const {
  const Account& a = accounts_[r];
  const bool jump = std::abs(a.change - a.last.least) > 0.5 * std::abs(a.change);
  warn(fmt::format(
      "replica {} ({}), step {}: the total energy has {} by {:.3g} eV, where {:.2g} eV would be "
      "its own fluctuation: the forces are not the gradient of the energy everywhere, or "
      "integrator.time_step is too long",
      r, names_[r], step,
      jump ? (a.change > 0 ? "jumped up" : "jumped down") : (a.change > 0 ? "risen" : "fallen"),
      std::abs(a.change), a.bound));
}

void EnergyWatch::summarize(Json& summary) const {
  if (!active_) return;
  Json found = Json::array();
  for (std::size_t r = 0; r < accounts_.size(); ++r) {
    const Account& a = accounts_[r];
    if (a.said_step >= 0)
      found.push_back({{"replica", r},
                       {"step", static_cast<std::int64_t>(a.said_step)},
                       {"change_eV", a.change},
                       {"fluctuation_eV", a.bound}});
  }
  summary["energy_not_conserved"] = found;
}

}  // namespace md
