#include "program/distill/minima.hpp"

#include <fmt/format.h>

#include <cmath>

#include "md/minimizer/minimizer.hpp"
#include "md/random.hpp"
#include "program/progress.hpp"
#include "program/surroundings.hpp"

namespace md {
namespace {

/// Random numbers of copy `copy` of minimum `minimum`.
struct Numbers {
  Seed seed;
  std::uint32_t minimum;
  int copy;
  Vec3 normal(int atom) const {
    return normal3(seed, minimum, copy, static_cast<std::uint32_t>(atom) + 1, Draw::displacement);
  }
  /// From `lowest` to `highest`, their logarithm uniform.
  double log_uniform(double lowest, double highest) const {
    const auto bits = random_bits(seed, minimum, copy, 0, Draw::displacement);
    return lowest * std::pow(highest / lowest, uniform32(bits.v[0]));
  }
};

}  // namespace

void add_minima(SampledFrames& frames, Evaluator& teacher, const DistillOptions& o) {
  std::vector<Structure> starts;
  std::vector<int> groups;
  std::vector<bool> started(frames.groups.size(), false);
  for (std::size_t k = 0; k < frames.structures.size(); ++k)
    if (const int g = frames.group[k]; !started[g] && !frames.groups[g].made) {
      started[g] = true;
      starts.push_back(frames.structures[k]);
      groups.push_back(g);
    }
  Progress progress("minima of the teacher", 0, static_cast<std::int64_t>(starts.size()),
                    o.progress);
  std::vector<Minimized> minima(starts.size());
  std::size_t taken = 0;
  std::int64_t done = 0;
  Minimizer(teacher, {})
      .minimize(
          [&] { return taken < starts.size() ? std::optional(starts[taken++]) : std::nullopt; },
          [&](std::size_t k, Minimized minimum) {
            minima[k] = std::move(minimum);
            progress.update(++done);
          });
  progress.clear();
  std::size_t n_minima = 0, n_copies = 0;
  for (std::size_t k = 0; k < minima.size(); ++k) {
    if (!minima[k].converged) continue;
    const Structure& minimum = minima[k].structure;
    std::vector<Structure> made{minimum};
    ++n_minima;
    const std::vector<int> centers = symmetric_centers(minimum);
    const int n_moved = centers.empty() ? 0 : o.moved;
    for (int copy = 0; copy < o.displaced + n_moved; ++copy) {
      const Numbers own{o.seed, static_cast<std::uint32_t>(k), copy};
      Structure s = minimum;
      if (copy < o.displaced) {
        const double sigma = own.log_uniform(0.01 * o.displacement, o.displacement);
        for (int i = 0; i < s.size(); ++i) s.positions[i] += sigma * own.normal(i);
      } else {
        const Vec3 direction = own.normal(0);
        s.positions[centers[copy % centers.size()]] +=
            (own.log_uniform(0.04 * o.displacement, o.displacement) / norm(direction)) * direction;
      }
      made.push_back(std::move(s));
      ++n_copies;
    }
    frames.add_made(groups[k], std::move(made));
  }
  say("{} minima of the teacher ({} starts did not reach one) and {} copies added\n", n_minima,
      minima.size() - n_minima, n_copies);
}

}  // namespace md
