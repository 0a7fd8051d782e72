#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "md/registry.hpp"
#include "md/vec3.hpp"

namespace md {

/// One system's way downhill. It sees coordinates, an energy and forces; three coordinates belong
/// together, but what they are is not its business. What it does depends on nothing else.
class Descent {
 public:
  virtual ~Descent() = default;
  /// Moves `x` from the point that was evaluated last to the one to evaluate next. force[i] is
  /// -dE/dx[i] at the former; where it is always zero nothing moves. An energy or a force that is
  /// no finite number counts as uphill.
  virtual void advance(std::vector<Vec3>& x, double energy, const std::vector<Vec3>& force) = 0;
};

/// The farthest that one step moves any of the coordinates, A.
inline constexpr double max_move = 0.2;

/// Sums in the order of the atoms, so that the bits of a system are its own.
inline double dot(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += dot(a[i], b[i]);
  return sum;
}
inline void add(std::vector<Vec3>& a, double scale, const std::vector<Vec3>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += scale * b[i];
}
double largest_norm(const std::vector<Vec3>& vectors);
/// Shortens all of them alike so that none is longer than `limit`.
void limit_length(std::vector<Vec3>& vectors, double limit);
bool all_finite(double energy, const std::vector<Vec3>& forces);

struct DescentMethod {
  std::string help;  // one line
  std::function<std::unique_ptr<Descent>()> make;
};

/// The ways down by name.
Registry<DescentMethod>& descents();

}  // namespace md
