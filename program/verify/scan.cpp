#include "program/verify/scan.hpp"

#include <algorithm>
#include <cmath>

#include "program/random_moves.hpp"
#include "program/verify/verify.hpp"

namespace md {
namespace {

constexpr double coarse = 0.05, fine = 2e-4;  // A, longest and shortest interval
// At once; a curve that wants more is rough everywhere, and what it is off then counts as it is.
constexpr std::size_t most_segments = 10'000;

struct Point {
  double t = 0, energy = 0, slope = 0;
  std::vector<Vec3> forces;
};

std::vector<Point> evaluate(Evaluator& evaluator, const ScanPath& path,
                            const std::vector<double>& places) {
  std::vector<Structure> systems;
  for (const double t : places) systems.push_back(path.at(t));
  std::vector<Evaluation> results = evaluator.evaluate(systems);
  std::vector<Point> points;
  for (std::size_t k = 0; k < places.size(); ++k)
    points.push_back({places[k], results[k].energy,
                      -dot(results[k].forces[path.atom], path.direction),
                      std::move(results[k].forces)});
  return points;
}

struct Segment {
  Point a, b;
};

double force_step(const Point& a, const Point& middle, const Point& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.forces.size(); ++i)
    worst = larger(worst, norm(middle.forces[i] - 0.5 * (a.forces[i] + b.forces[i])));
  return 2 * worst;  // a jump moves the midpoint by half of it
}

double energy_step(const Point& a, const Point& middle, const Point& b) {
  const double cubic = 0.5 * (a.energy + b.energy) + (b.t - a.t) / 8 * (a.slope - b.slope);
  return 2 * std::abs(middle.energy - cubic);
}

}  // namespace

ScanResult scan_for_jumps(Evaluator& evaluator, const ScanPath& path, double energy_tolerance,
                          double force_tolerance) {
  const int n = std::max(1, static_cast<int>(std::ceil((path.last - path.first) / coarse)));
  std::vector<double> places;
  for (int k = 0; k <= n; ++k) places.push_back(path.first + k * (path.last - path.first) / n);
  const std::vector<Point> points = evaluate(evaluator, path, places);
  std::vector<Segment> open;
  for (int k = 0; k < n; ++k) open.push_back({points[k], points[k + 1]});
  ScanResult result;
  const auto note = [](double step, double t, double& worst, double& at) {
    if (exceeds(step, worst)) worst = step, at = t;
  };
  while (!open.empty()) {
    places.clear();
    for (const Segment& i : open) places.push_back(0.5 * (i.a.t + i.b.t));
    std::vector<Point> middles = evaluate(evaluator, path, places);
    std::vector<Segment> next;
    for (std::size_t k = 0; k < open.size(); ++k) {
      const Point &a = open[k].a, &m = middles[k], &b = open[k].b;
      const double energy = energy_step(a, m, b), force = force_step(a, m, b);
      const bool smooth = energy <= energy_tolerance && force <= force_tolerance;
      if (!smooth && b.t - a.t > fine && open.size() < most_segments && std::isfinite(energy) &&
          std::isfinite(force)) {
        next.push_back({a, m});
        next.push_back({m, b});
        continue;
      }
      // At the shortest interval the ends themselves say how large the jump is.
      const double jump = std::abs(b.energy - a.energy - 0.5 * (b.t - a.t) * (a.slope + b.slope));
      note(smooth ? energy : larger(energy, jump), m.t, result.energy, result.energy_at);
      note(force, m.t, result.force, result.force_at);
    }
    open = std::move(next);
  }
  return result;
}

Vec3 clear_direction(const Structure& system, int atom, double length) {
  RandomMoves random;
  Vec3 best;
  double widest = -1;
  for (int k = 0; k < 200; ++k) {
    const Vec3 u = random.direction();
    double nearest = 1e300;
    for (int j = 0; j < system.size(); ++j) {
      if (j == atom) continue;
      const Vec3 d = system.positions[j] - system.positions[atom];
      const double along = std::clamp(dot(d, u), 0.0, length);
      nearest = std::min(nearest, norm(d - along * u));
    }
    if (nearest > widest) widest = nearest, best = u;
  }
  return best;
}

}  // namespace md
