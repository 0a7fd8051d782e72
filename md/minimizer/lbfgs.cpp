#include <algorithm>
#include <deque>

#include "md/minimizer/descent.hpp"

namespace md {
namespace {

constexpr std::size_t memory = 100;
constexpr double first_stiffness = 70;  // eV/A^2, about that of a bond, until there is a better one
constexpr int most_refusals = 6;        // in a row: what is left is noise of the forces

struct Pair {
  std::vector<Vec3> step, change;  // of the coordinates, of the gradient
  double product;                  // their scalar product, above zero
};

/// Limited-memory BFGS: J. Nocedal, Math. Comp. 35, 773 (1980), its first Hessian scaled by the
/// newest pair. Without a line search: a step goes as far as a radius allows, which shrinks where
/// a point is refused and grows where one is taken.
class Lbfgs final : public Descent {
 public:
  void advance(std::vector<Vec3>& x, double energy, const std::vector<Vec3>& force) override {
    const bool finite = all_finite(energy, force);
    if (x_.empty()) {
      take(x, energy, force);
    } else {
      if (finite) remember(force);
      if (finite && (downhill(energy, force) || refusals_ >= most_refusals)) {
        take(x, energy, force);
        radius_ = std::min(max_move, 2 * radius_);
        refusals_ = 0;
      } else {
        radius_ = (finite ? 0.5 : 0.1) * largest_norm(step_);
        ++refusals_;
      }
    }
    step_ = direction();
    limit_length(step_, radius_);
    x = x_;
    add(x, 1, step_);
  }

 private:
  void take(const std::vector<Vec3>& x, double energy, const std::vector<Vec3>& force) {
    x_ = x, energy_ = energy, force_ = force;
  }

  /// Lower, or with a slope along the step that is not steeper upwards than it was downwards: near
  /// a minimum the forces say that better than an energy, which is rounded.
  bool downhill(double energy, const std::vector<Vec3>& force) const {
    return energy <= energy_ || -dot(force, step_) <= dot(force_, step_);
  }

  void remember(const std::vector<Vec3>& force) {
    Pair pair{step_, force_, 0};
    add(pair.change, -1, force);
    pair.product = dot(pair.step, pair.change);
    const double size = std::sqrt(dot(pair.step, pair.step) * dot(pair.change, pair.change));
    if (!(pair.product > 1e-8 * size)) return;  // curved downwards: no Hessian has that
    pairs_.push_back(std::move(pair));
    if (pairs_.size() > memory) pairs_.pop_front();
  }

  /// The two loops over the pairs: the inverse Hessian times the forces.
  std::vector<Vec3> direction() const {
    std::vector<Vec3> d = force_;
    std::vector<double> share(pairs_.size());
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      share[k] = dot(pairs_[k].step, d) / pairs_[k].product;
      add(d, -share[k], pairs_[k].change);
    }
    double softness = 1 / first_stiffness;
    if (!pairs_.empty())
      softness = pairs_.back().product / dot(pairs_.back().change, pairs_.back().change);
    for (Vec3& v : d) v *= softness;
    for (std::size_t k = 0; k < pairs_.size(); ++k)
      add(d, share[k] - dot(pairs_[k].change, d) / pairs_[k].product, pairs_[k].step);
    return d;
  }

  std::vector<Vec3> x_, force_, step_;  // of the point taken last; the step from it
  double energy_ = 0, radius_ = max_move;
  int refusals_ = 0;
  std::deque<Pair> pairs_;
};

const bool registered = descents().add(
    "lbfgs", {"limited-memory BFGS within a radius", [] { return std::make_unique<Lbfgs>(); }});

}  // namespace
}  // namespace md
