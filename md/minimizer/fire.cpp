#include <algorithm>

#include "md/minimizer/descent.hpp"

namespace md {
namespace {

/// Fast inertial relaxation engine: E. Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), with the
/// authors' parameters; semi-implicit Euler with unit masses, and back by half a step where it runs
/// uphill, as J. Guenole et al., Comput. Mater. Sci. 175, 109584 (2020). Time is in sqrt(A^2/eV).
class Fire final : public Descent {
 public:
  void advance(std::vector<Vec3>& x, double energy, const std::vector<Vec3>& force) override {
    if (velocity_.empty()) velocity_.resize(x.size());
    if (!all_finite(energy, force)) return retreat(x, 0.9);
    if (dot(force, velocity_) < 0) {
      retreat(x, 0.5);
    } else if (++downhill_ > delay) {
      time_step_ = std::min(longest_step, 1.1 * time_step_);
      mixing_ *= 0.99;
    }
    add(velocity_, time_step_, force);
    const double speed = std::sqrt(dot(velocity_, velocity_));
    const double size = std::sqrt(dot(force, force));
    for (Vec3& v : velocity_) v *= 1 - mixing_;
    if (size > 0) add(velocity_, mixing_ * speed / size, force);
    step_ = velocity_;
    for (Vec3& s : step_) s *= time_step_;
    limit_length(step_, max_move);
    add(x, 1, step_);
  }

 private:
  static constexpr double first_step = 0.1, shortest_step = 0.002, longest_step = 1;
  static constexpr double first_mixing = 0.1;
  static constexpr int delay = 5;

  /// Back by a share of the last step, and slowly from there.
  void retreat(std::vector<Vec3>& x, double share) {
    if (!step_.empty()) {
      add(x, -share, step_);
      for (Vec3& s : step_) s *= 1 - share;
    }
    std::fill(velocity_.begin(), velocity_.end(), Vec3{});
    time_step_ = std::max(shortest_step, 0.5 * time_step_);
    mixing_ = first_mixing;
    downhill_ = 0;
  }

  std::vector<Vec3> velocity_, step_;
  double time_step_ = first_step, mixing_ = first_mixing;
  int downhill_ = 0;
};

const bool registered = descents().add(
    "fire", {"fast inertial relaxation engine", [] { return std::make_unique<Fire>(); }});

}  // namespace
}  // namespace md
