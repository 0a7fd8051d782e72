#include "integrators/kick.cuh"
#include "md/device/parallel.cuh"
#include "md/integrator.hpp"
#include "md/random.hpp"
#include "md/units.hpp"

namespace md {
namespace {

/// The Ornstein-Uhlenbeck step of one replica: v <- keep v + width / sqrt(m) * noise, the exact
/// solution of dv = -g v dt + sqrt(2 g kT/m) dW over dt.
struct Bath {
  double keep = 0, width = 0;  // 1, A/fs sqrt(u)
};

struct PrepareBath {
  StateView s;
  double dt;
  Bath* bath;
  MD_HD void operator()(int r) const {
    const double g = s.friction[r] * dt;
    const double thermal = units::boltzmann * s.temperature[r] / units::kinetic_to_ev;
    bath[r] = {std::exp(-g), std::sqrt(-std::expm1(-2 * g) * thermal)};
  }
};

struct KickDriftThermostatDrift {  // B A O A
  StateView s;
  double dt;
  Seed seed;
  const Bath* bath;
  MD_HD void operator()(int i) const {
    if (!s.moves(i)) return;
    const int r = s.replica[i];
    Vec3 v = s.velocity[i];
    Vec3 x = s.position[i];
    v += (dt / 2 * units::force_to_acceleration / s.mass[i]) * s.force[i];
    x += dt / 2 * v;
    const Vec3 noise =
        normal3(seed, s.random_id[r], *s.step, i - s.first_atom[r], Draw::thermostat);
    v = bath[r].keep * v + (bath[r].width / std::sqrt(s.mass[i])) * noise;
    x += dt / 2 * v;
    s.velocity[i] = v;
    s.position[i] = x;
  }
};

/// Constant temperature by Langevin dynamics, BAOAB splitting: positions sampled to higher order
/// than leapfrog schemes. Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34 (2013).
class Langevin final : public Integrator {
 public:
  explicit Langevin(const IntegratorOptions& options)
      : dt_(options.time_step), seed_(options.seed) {}
  void prepare(const StateView& s, Stream& stream) override {
    bath_ = Array<Bath>(stream.device(), s.n_replicas);
  }
  void before_forces(const StateView& s, Stream& stream) override {
    for_each_index(stream, s.n_replicas, PrepareBath{s, dt_, bath_.data()}, 30);
    for_each_index(stream, s.n_atoms, KickDriftThermostatDrift{s, dt_, seed_, bath_.data()}, 60);
  }
  void after_forces(const StateView& s, Stream& stream) override {
    for_each_index(stream, s.n_atoms, Kick{s, dt_ / 2}, 3);
  }
  bool conserves_momentum() const override { return false; }
  bool needs_temperature() const override { return true; }

 private:
  double dt_;
  Seed seed_;
  Array<Bath> bath_;
};

const bool registered = integrators().add(
    "langevin",
    {"constant temperature (NVT), Langevin dynamics in the BAOAB splitting",
     {{"friction", Kind::frictions, "1 /ps", "one, or a list with one per replica", ""}},
     [](const IntegratorOptions& o) { return std::make_unique<Langevin>(o); }});

}  // namespace
}  // namespace md
