#include "integrators/kick.cuh"
#include "md/device/parallel.cuh"
#include "md/integrator.hpp"

namespace md {
namespace {

struct KickDrift {  // v += dt/2 f/m;  x += dt v
  Kick kick;
  double dt;
  MD_HD void operator()(int i) const {
    const StateView& s = kick.s;
    if (!s.moves(i)) return;
    kick(i);
    s.position[i] += dt * s.velocity[i];
  }
};

/// Constant energy, second order, time reversible. Swope et al., J. Chem. Phys. 76, 637 (1982).
class VelocityVerlet final : public Integrator {
 public:
  explicit VelocityVerlet(const IntegratorOptions& options) : dt_(options.time_step) {}
  void before_forces(const StateView& s, Stream& stream) override {
    for_each_index(stream, s.n_atoms, KickDrift{{s, dt_ / 2}, dt_}, 5);
  }
  void after_forces(const StateView& s, Stream& stream) override {
    for_each_index(stream, s.n_atoms, Kick{s, dt_ / 2}, 3);
  }
  bool conserves_momentum() const override { return true; }
  bool conserves_energy() const override { return true; }
  bool needs_temperature() const override { return false; }

 private:
  double dt_;
};

const bool registered = integrators().add(
    "velocity_verlet",
    {"constant energy (NVE), second order, time reversible", {}, [](const IntegratorOptions& o) {
       return std::make_unique<VelocityVerlet>(o);
     }});

}  // namespace
}  // namespace md
