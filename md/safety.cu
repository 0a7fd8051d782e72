#include <algorithm>
#include <cmath>

#include "md/device/parallel.cuh"
#include "md/safety.hpp"
#include "md/units.hpp"

namespace md {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

MD_HD bool finite(double x) { return x - x == 0; }
MD_HD bool finite(const Vec3& a) { return finite(a.x) && finite(a.y) && finite(a.z); }

struct ClearAtom {
  StateView s;
  MD_HD void operator()(int i) const { s.force[i] = {}; }
};

struct ClearReplica {
  StateView s;
  bool virial;
  MD_HD void operator()(int r) const {
    s.potential[r] = 0;
    if (virial) s.virial[r] = {};
  }
};

struct AdvanceClock {
  StateView s;
  MD_HD void operator()(int) const { *s.step += 1; }
};

/// Kinetic energy and faults of one atom, and how far it has moved since its pairs were looked at.
struct Scan {
  StateView s;
  double max_force2;
  const Vec3* looked_at;
  MD_HD ReplicaScan operator()(int i) const {
    const Vec3 v = s.velocity[i], f = s.force[i], moved = s.position[i] - looked_at[i];
    ReplicaScan found{0.5 * units::kinetic_to_ev * s.mass[i] * dot(v, v), dot(moved, moved), 0};
    if (!finite(s.position[i]) || !finite(v) || !finite(f)) found.fault |= fault_not_finite;
    if (dot(f, f) > max_force2) found.fault |= fault_force;
    return found;
  }
};

/// Whether two atoms of a replica may have come nearer than `shortest` since the last look: a
/// distance shrinks by no more than what both have moved.
struct MayBeNear {
  const ReplicaScan* found;
  const double* nearest2;
  double shortest;
  MD_HD bool operator()(int r) const {
    const double margin = 1e-6;  // A, more than what rounding could add up to
    return !(std::sqrt(nearest2[r]) - 2 * std::sqrt(found[r].moved2) > shortest + margin);
  }
};

/// *lowest = min(*lowest, value), from many threads at once; both above zero, where doubles are
/// ordered as their bits are.
MD_HD void lower(double* lowest, double value) {
#ifdef __CUDA_ARCH__
  atomicMin(reinterpret_cast<long long*>(lowest), __double_as_longlong(value));
#else
  double before = *lowest;
  __atomic_load(lowest, &before, __ATOMIC_RELAXED);
  while (value < before && !__atomic_compare_exchange(lowest, &before, &value, false,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
#endif
}

/// Looks at the pairs of an atom where they may have come too near.
struct LookAtPairs {
  StateView s;
  NeighborView n;
  MayBeNear may_be_near;
  Vec3* looked_at;
  double* fresh2;
  MD_HD void operator()(int i) const {
    const int r = s.replica[i];
    if (!s.running(r) || !may_be_near(r)) return;
    looked_at[i] = s.position[i];
    double nearest2 = fresh2[r];
    for (std::int64_t k = n.row[i]; k < n.row[i] + n.count[i]; ++k) {
      const Vec3 d = n.vector(r, i, k);
      const double d2 = dot(d, d);
      if (d2 < nearest2) nearest2 = d2;
    }
    lower(&fresh2[r], nearest2);
  }
};

struct Judge {
  StateView s;
  const ReplicaScan* found;
  const double* max_temperature;
  MayBeNear may_be_near;
  double *nearest2, *fresh2;
  double cutoff2;  // rows hold all pairs up to here
  int completed;
  int* alarm;
  MD_HD void operator()(int r) const {
    if (!s.running(r)) return;
    s.kinetic[r] = found[r].kinetic;
    int fault = s.fault[r] | found[r].fault;
    if (may_be_near.shortest > 0 && may_be_near(r)) {
      nearest2[r] = fresh2[r] < cutoff2 ? fresh2[r] : cutoff2;
      fresh2[r] = infinity;
      if (nearest2[r] < may_be_near.shortest * may_be_near.shortest) fault |= fault_distance;
    }
    if (!finite(s.potential[r]) || !finite(found[r].kinetic)) fault |= fault_not_finite;
    if (2 * found[r].kinetic >
        max_temperature[r] * units::boltzmann * (s.freedom[r] > 0 ? s.freedom[r] : 1))
      fault |= fault_temperature;
    if (fault == 0) return;
    s.fault[r] = fault;
    s.fault_step[r] = *s.step + completed;
    s.status[r] = static_cast<int>(Status::quarantined);
#ifdef __CUDA_ARCH__
    atomicAdd(alarm, 1);
#else
    __atomic_fetch_add(alarm, 1, __ATOMIC_RELAXED);
#endif
  }
};

struct Remember {
  StateView s;
  Vec3 *position, *velocity, *force;
  MD_HD void operator()(int i) const {
    if (*s.step % Safety::interval != 0 || !s.running(s.replica[i])) return;
    const std::int64_t k = *s.step / Safety::interval % Safety::slots * s.n_atoms + i;
    position[k] = s.position[i];
    velocity[k] = s.velocity[i];
    force[k] = s.force[i];
  }
};

struct RememberReplica {
  StateView s;
  double* potential;
  std::int64_t* step;
  MD_HD void operator()(int r) const {
    if (*s.step % Safety::interval != 0 || !s.running(r)) return;
    const std::int64_t k = *s.step / Safety::interval % Safety::slots * s.n_replicas + r;
    potential[k] = s.potential[r];
    step[k] = *s.step;
  }
};

/// Puts an atom of a replica found bad in this very step back to its newest good state.
struct Restore {
  StateView s;
  const Vec3 *position, *velocity, *force;
  const double* potential;
  const std::int64_t* kept_step;
  int completed;
  MD_HD void operator()(int i) const {
    const int r = s.replica[i];
    if (s.status[r] != static_cast<int>(Status::quarantined) ||
        s.fault_step[r] != *s.step + completed)
      return;
    int newest = 0;
    for (int slot = 1; slot < Safety::slots; ++slot)
      if (kept_step[slot * s.n_replicas + r] > kept_step[newest * s.n_replicas + r]) newest = slot;
    if (kept_step[newest * s.n_replicas + r] < 0) return;  // bad from the start
    const std::int64_t k = static_cast<std::int64_t>(newest) * s.n_atoms + i;
    s.position[i] = position[k];
    s.velocity[i] = velocity[k];
    s.force[i] = force[k];
    if (i == s.first_atom[r]) s.potential[r] = potential[newest * s.n_replicas + r];
  }
};

std::vector<double> or_none(const std::vector<double>& limits, int n) {
  return limits.empty() ? std::vector<double>(n, infinity) : limits;
}

}  // namespace

Safety::Safety(State& state, const SafetyLimits& limits)
    : position(state.device(), std::size_t{slots} * state.n_atoms()),
      velocity(state.device(), std::size_t{slots} * state.n_atoms()),
      force(state.device(), std::size_t{slots} * state.n_atoms()),
      potential(state.device(), std::size_t{slots} * state.n_replicas()),
      step(state.device(), std::vector<std::int64_t>(std::size_t{slots} * state.n_replicas(), -1)),
      limits_(limits),
      found_(state.device(), state.n_replicas()),
      alarm_(state.device(), std::vector<int>(1)),
      max_temperature_(state.device(), or_none(limits.max_temperature, state.n_replicas())),
      looked_at_(state.device(), std::vector<Vec3>(state.n_atoms())),
      nearest2_(state.device(), std::vector<double>(state.n_replicas())),
      fresh2_(state.device(), std::vector<double>(state.n_replicas(), infinity)) {}

void Safety::remember(const StateView& state, Stream& stream) {
  for_each_index(stream, state.n_atoms,
                 Remember{state, position.data(), velocity.data(), force.data()}, 3);
  for_each_index(stream, state.n_replicas, RememberReplica{state, potential.data(), step.data()});
}

void Safety::check(const StateView& state, const NeighborList& neighbors, int completed,
                   Stream& stream) {
  sum_segments(stream, state.n_replicas, state.n_atoms, state.first_atom,
               Scan{state, limits_.max_force * limits_.max_force, looked_at_.data()}, found_.data(),
               100);
  const MayBeNear near{found_.data(), nearest2_.data(), limits_.min_distance};
  // On the host can be seen whether there is anything to do; on a GPU the kernel finds out.
  bool look = limits_.min_distance > 0;
  if (look && !stream.device().is_cuda()) {
    look = false;
    for (int r = 0; r < state.n_replicas && !look; ++r) look = state.running(r) && near(r);
  }
  if (look)
    for_each_index(stream, state.n_atoms,
                   LookAtPairs{state, neighbors.view(), near, looked_at_.data(), fresh2_.data()},
                   100);
  for_each_index(
      stream, state.n_replicas,
      Judge{state, found_.data(), max_temperature_.data(), near, nearest2_.data(), fresh2_.data(),
            neighbors.cutoff() * neighbors.cutoff(), completed, alarm_.data()});
  const Restore restore{state,        position.data(),  velocity.data(),
                        force.data(), potential.data(), step.data(),
                        completed};
  // Likewise.
  if (stream.device().is_cuda() || *alarm_.data() > 0)
    for_each_index(stream, state.n_atoms, restore, 2);
}

int Safety::n_frozen() const { return alarm_.read(0); }

std::vector<Safety::Kept> Safety::kept(int r, const std::vector<int>& first_atom) const {
  const std::vector<std::int64_t> steps = step.download();
  const std::vector<double> energies = potential.download();
  const std::vector<Vec3> x = position.download(), v = velocity.download(), f = force.download();
  const std::size_t n_replicas = first_atom.size() - 1, n_atoms = first_atom.back();
  std::vector<Kept> result;
  for (int slot = 0; slot < slots; ++slot) {
    if (steps[slot * n_replicas + r] < 0) continue;
    const auto part = [&](const std::vector<Vec3>& all) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(slot * n_atoms);
      return std::vector<Vec3>(begin + first_atom[r], begin + first_atom[r + 1]);
    };
    result.push_back(
        {steps[slot * n_replicas + r], energies[slot * n_replicas + r], part(x), part(v), part(f)});
  }
  std::sort(result.begin(), result.end(),
            [](const Kept& a, const Kept& b) { return a.step < b.step; });
  return result;
}

void clear_forces(const StateView& state, bool virial, Stream& stream) {
  for_each_index(stream, state.n_atoms, ClearAtom{state}, 1);
  for_each_index(stream, state.n_replicas, ClearReplica{state, virial}, 2);
}

void advance_clock(const StateView& state, Stream& stream) {
  for_each_index(stream, 1, AdvanceClock{state});
}

}  // namespace md
