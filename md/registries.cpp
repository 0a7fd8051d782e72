#include "md/integrator.hpp"
#include "md/potential.hpp"
#include "md/writer.hpp"

namespace md {

PotentialRegistry& potentials() {
  static PotentialRegistry registry("potential.name", "potential");
  return registry;
}

IntegratorRegistry& integrators() {
  static IntegratorRegistry registry("integrator.method", "integrator");
  return registry;
}

TrajectoryFormats& trajectory_formats() {
  static TrajectoryFormats registry("output.trajectory", "trajectory format");
  return registry;
}

std::unique_ptr<Writer> make_writer(const std::string& format, const WriterOptions& options) {
  return trajectory_formats().find(format).make(options);
}

}  // namespace md
