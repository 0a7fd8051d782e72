#include "md/minimizer/descent.hpp"

#include <algorithm>

namespace md {

Registry<DescentMethod>& descents() {
  static Registry<DescentMethod> registry("minimize.method", "method");
  return registry;
}

double largest_norm(const std::vector<Vec3>& vectors) {
  double largest = 0;
  for (const Vec3& v : vectors) largest = std::max(largest, norm(v));
  return largest;
}

void limit_length(std::vector<Vec3>& vectors, double limit) {
  const double longest = largest_norm(vectors);
  if (longest <= limit) return;
  for (Vec3& v : vectors) v *= limit / longest;
}

bool all_finite(double energy, const std::vector<Vec3>& forces) {
  bool finite = std::isfinite(energy);
  for (const Vec3& f : forces) finite = finite && std::isfinite(norm(f));
  return finite;
}

}  // namespace md
