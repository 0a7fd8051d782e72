#pragma once

#include <memory>

#include "md/device/stream.hpp"
#include "md/input/input.hpp"
#include "md/random.hpp"
#include "md/registry.hpp"
#include "md/state.hpp"

namespace md {

/// Moves the running replicas by one time step around one evaluation of the forces. Both halves are
/// recordable: no allocation, no synchronisation, no host branch on device data.
class Integrator {
 public:
  virtual ~Integrator() = default;
  /// Once, before the first step: the place to allocate.
  virtual void prepare(const StateView&, Stream&) {}
  virtual void before_forces(const StateView& state, Stream& stream) = 0;
  virtual void after_forces(const StateView& state, Stream& stream) = 0;
  /// True when the equations of motion conserve momentum, so that drift once removed stays away.
  virtual bool conserves_momentum() const = 0;
  /// True when they conserve the total energy too, but for the error of the time step.
  virtual bool conserves_energy() const { return false; }
  /// True when it has a thermostat: a temperature must be given.
  virtual bool needs_temperature() const = 0;
};

struct IntegratorOptions {
  const Input& input;    // section [integrator]
  double time_step = 0;  // fs
  Seed seed;
};

using IntegratorRegistry = Registry<Factory<Integrator, IntegratorOptions>>;
IntegratorRegistry& integrators();

}  // namespace md
