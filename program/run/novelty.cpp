#include "program/run/novelty.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "md/structure.hpp"
#include "program/components.hpp"

namespace md {
namespace {

constexpr std::ptrdiff_t largest = 1000;  // atoms; the descriptor looks at all pairs

}  // namespace

void NoveltyWatch::begin(const Stage&, const Replicas&, Simulation& simulation, const Checkpoint*) {
  known_ = static_cast<bool>(simulation.potential().traits().novelty);
  said_.assign(simulation.state().n_replicas(), false);
}

void NoveltyWatch::look(Simulation& simulation, double) {
  if (!known_ || !output_.due(simulation.step()) ||
      std::find(said_.begin(), said_.end(), false) == said_.end())
    return;
  const State& state = simulation.state();
  const auto& first = state.first_atom();
  const std::vector<int> numbers = state.number.download();
  const std::vector<Periodicity> periodic = state.periodic.download();
  const std::vector<Vec3> positions = state.position.download();
  for (std::size_t r = 0; r < said_.size(); ++r) {
    const std::ptrdiff_t begin = first[r], end = first[r + 1];
    if (said_[r] || periodic[r].any() || end - begin > largest) continue;
    const std::vector<int> own(numbers.begin() + begin, numbers.begin() + end);
    const std::vector<double> novelty = simulation.potential().traits().novelty(
        own, {positions.begin() + begin, positions.begin() + end});
    const auto worst = std::max_element(novelty.begin(), novelty.end());
    if (!(*worst > 1)) continue;
    said_[r] = true;
    const auto atom = worst - novelty.begin();
    warn(fmt::format(
        "replica {} ({}), step {}: atom {} ({}) lies {:.2f} times as far out as anything "
        "the model was trained on; do not trust what follows unchecked",
        r, formula(own), simulation.step(), atom, symbol(own[atom]), *worst));
  }
}

}  // namespace md
