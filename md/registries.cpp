#include "md/integrator.hpp"
#include "md/potential.hpp"

namespace md {

PotentialRegistry& potentials() {
  static PotentialRegistry registry("potential.name", "potential");
  return registry;
}

IntegratorRegistry& integrators() {
  static IntegratorRegistry registry("integrator.method", "integrator");
  return registry;
}

}  // namespace md
