#include "program/frequencies/hessian.hpp"

#include <utility>

namespace md {
namespace {

constexpr std::size_t enough = 1024;  // structures: several batches, so that all but one are full

std::vector<int> moving_atoms(const Structure& system) {
  std::vector<int> atoms;
  for (int i = 0; i < system.size(); ++i)
    if (!system.is_fixed(i)) atoms.push_back(i);
  return atoms;
}

/// The system as it is, then every coordinate of these atoms moved forward and back.
void add_displaced(const Structure& system, const std::vector<int>& atoms, double displacement,
                   std::vector<Structure>& all) {
  Structure s = system;
  s.remarks.clear(), s.columns.clear(), s.column_text.clear(), s.velocities.clear();
  all.push_back(s);
  for (const int i : atoms)
    for (int k = 0; k < 3; ++k)
      for (const double sign : {1.0, -1.0}) {
        s.positions[i][k] = system.positions[i][k] + sign * displacement;
        all.push_back(s);
        s.positions[i][k] = system.positions[i][k];
      }
}

/// `results`: of add_displaced, in its order.
Hessian differences(std::vector<int> atoms, std::span<Evaluation> results, double displacement) {
  const std::size_t n = 3 * atoms.size();
  Hessian hessian{std::move(atoms), std::vector<double>(n * n), std::move(results[0])};
  for (std::size_t row = 0; row < n; ++row) {
    const auto &plus = results[1 + 2 * row].forces, &minus = results[2 + 2 * row].forces;
    for (std::size_t column = 0; column < n; ++column) {
      const int i = hessian.atoms[column / 3], k = static_cast<int>(column % 3);
      const double slope = (minus[i][k] - plus[i][k]) / (2 * displacement);
      hessian.values[row * n + column] += slope / 2;  // the mean of both orders
      hessian.values[column * n + row] += slope / 2;
    }
  }
  return hessian;
}

}  // namespace

void hessians(Evaluator& evaluator, std::span<const Structure> systems, double displacement,
              const std::function<void(std::size_t, Hessian)>& done) {
  for (std::size_t begin = 0, end = 0; begin < systems.size(); begin = end) {
    std::vector<Structure> displaced;
    std::vector<std::vector<int>> atoms;
    for (; end < systems.size() && displaced.size() < enough; ++end) {
      atoms.push_back(moving_atoms(systems[end]));
      add_displaced(systems[end], atoms.back(), displacement, displaced);
    }
    std::vector<Evaluation> results = evaluator.evaluate(displaced);
    std::span<Evaluation> left(results);
    for (std::size_t k = begin; k < end; ++k) {
      const std::size_t n = 1 + 6 * atoms[k - begin].size();
      done(k, differences(std::move(atoms[k - begin]), left.first(n), displacement));
      left = left.subspan(n);
    }
  }
}

}  // namespace md
