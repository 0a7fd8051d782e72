#include "program/audit/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "md/units.hpp"

namespace md {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t n_blocks = 10, shortest_series = 20;

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (double value : values) sum += value;
  return values.empty() ? nan : sum / static_cast<double>(values.size());
}

std::size_t count_blocks(std::size_t n) { return n < shortest_series ? n : n_blocks; }

/// The block of sample k of n. Block b begins at sample b n / n_blocks, rounded down.
std::size_t block_of(std::size_t k, std::size_t n) {
  return n < shortest_series ? k : ((k + 1) * n_blocks - 1) / n;
}

}  // namespace

std::vector<double> block_means(std::span<const double> series) {
  const std::size_t n = series.size();
  std::vector<double> sums(count_blocks(n)), sizes(count_blocks(n));
  for (std::size_t k = 0; k < n; ++k) {
    sums[block_of(k, n)] += series[k];
    ++sizes[block_of(k, n)];
  }
  for (std::size_t b = 0; b < sums.size(); ++b) sums[b] /= sizes[b];
  return sums;
}

std::vector<int> block_numbers(std::span<const int> series) {
  std::map<int, std::size_t> size, seen;
  for (int s : series) ++size[s];
  std::map<int, std::size_t> first;
  std::size_t next = 0;
  for (const auto& [s, n] : size) {
    first[s] = next;
    next += count_blocks(n);
  }
  std::vector<int> result;
  for (int s : series) result.push_back(static_cast<int>(first[s] + block_of(seen[s]++, size[s])));
  return result;
}

Estimate estimate_mean(const std::vector<std::vector<double>>& series) {
  std::vector<double> all, blocks;
  for (std::vector<double> values : series) {
    std::erase_if(values, [](double v) { return !std::isfinite(v); });
    all.insert(all.end(), values.begin(), values.end());
    const std::vector<double> means = block_means(values);
    blocks.insert(blocks.end(), means.begin(), means.end());
  }
  Estimate result{mean_of(all), nan};
  if (blocks.size() < 2) return result;
  const double center = mean_of(blocks), freedom = static_cast<double>(blocks.size()) - 1;
  double square = 0;
  for (double b : blocks) square += (b - center) * (b - center);
  const double t = boost::math::quantile(boost::math::students_t(freedom), 0.975);
  result.half_width = t * std::sqrt(square / freedom / (freedom + 1));
  return result;
}

Reweighting reweight(std::span<const double> sampled, std::span<const double> target,
                     double temperature, std::span<const int> block) {
  const std::size_t n = sampled.size();
  Reweighting result;
  result.n = static_cast<int>(n);
  result.sampled = mean_of(sampled);
  if (n == 0) {
    result.mean = result.error = nan;
    return result;
  }
  const double beta = 1 / (units::boltzmann * temperature);
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < n; ++k) lowest = std::min(lowest, target[k] - sampled[k]);
  std::vector<double> w(n);
  double sum = 0, square = 0, energy = 0;
  const double origin = target[0];  // sums of small numbers lose no digits
  for (std::size_t k = 0; k < n; ++k) {
    w[k] = std::exp(-beta * (target[k] - sampled[k] - lowest));
    sum += w[k];
    square += w[k] * w[k];
    energy += w[k] * (target[k] - origin);
  }
  result.effective = sum * sum / square;
  result.mean = origin + energy / sum;
  std::map<int, std::pair<double, double>> parts;  // of the sums, by block
  for (std::size_t k = 0; k < n; ++k) {
    auto& [weight, weighted] = parts[block.empty() ? static_cast<int>(k) : block[k]];
    weight += w[k];
    weighted += w[k] * (target[k] - origin);
  }
  std::vector<double> without;
  for (const auto& [number, part] : parts)
    without.push_back((energy - part.second) / (sum - part.first));
  const double center = mean_of(without), blocks = static_cast<double>(without.size());
  double spread = 0;
  for (double x : without) spread += (x - center) * (x - center);
  result.error = without.size() < 2 ? nan : std::sqrt(spread * (blocks - 1) / blocks);
  return result;
}

bool is_supported(const Reweighting& r) {
  return r.effective >= wanted_effective && r.effective >= wanted_fraction * r.n;
}

}  // namespace md
