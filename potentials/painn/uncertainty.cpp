#include "potentials/painn/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "md/errors.hpp"

namespace md::painn {
namespace {

constexpr double correlation_floor = 1e-3, sum_floor = 1e-7;
constexpr double least_scale = 1e-6;  // a feature that never changes is no reason to divide by zero
constexpr double quantile = 0.99;

std::size_t packed(std::size_t n) { return n * (n + 1) / 2; }

/// L^-1 of a = L L^T, [n, n], packed by rows.
std::vector<double> inverse_factor(std::vector<double> a, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = j; i < n; ++i) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
    }
  std::vector<double> inverse(packed(n));
  for (std::size_t c = 0; c < n; ++c)
    for (std::size_t r = c; r < n; ++r) {
      double sum = r == c ? 1 : 0;
      for (std::size_t k = c; k < r; ++k) sum -= a[r * n + k] * inverse[packed(k) + c];
      inverse[packed(r) + c] = sum / a[r * n + r];
    }
  return inverse;
}

}  // namespace

Uncertainty Uncertainty::read(const Safetensors& file, int n_elements, int hidden) {
  const auto any = file.tensors().lower_bound(prefix);
  if (any == file.tensors().end() || !any->first.starts_with(prefix)) return {};
  const std::int64_t e = n_elements, h = hidden;
  const auto take = [&](const char* name, const std::vector<std::int64_t>& shape) {
    return file.values(prefix + std::string(name), shape);
  };
  Uncertainty u;
  u.hidden = hidden;
  u.mean = take("mean", {e, h});
  u.scale = take("scale", {e, h});
  u.atoms = take("atoms", {e, h * (h + 1) / 2});
  u.sums = take("sums", {(h + 1) * (h + 2) / 2});
  const std::vector<double> calibration = take("calibration", {2});
  u.calibration = calibration[0];
  u.threshold = calibration[1];
  for (const double x : u.scale)
    if (x < 0) file.fail(prefix + std::string("scale"), "has a negative standard deviation");
  for (const double x : calibration)
    if (!(x > 0))
      file.fail(prefix + std::string("calibration"),
                "holds the error for u = 1 and the threshold of warnings, in eV/A; both must be "
                "positive");
  return u;
}

std::vector<TensorToWrite> Uncertainty::tensors(int n_elements) const {
  if (empty()) return {};
  const std::int64_t e = n_elements, h = hidden;
  const std::string p = prefix;
  return {{p + "mean", {e, h}, mean},
          {p + "scale", {e, h}, scale},
          {p + "atoms", {e, h * (h + 1) / 2}, atoms},
          {p + "sums", {(h + 1) * (h + 2) / 2}, sums},
          {p + "calibration", {2}, {calibration, threshold}}};
}

UncertaintyFit::UncertaintyFit(const std::set<int>& elements, int hidden)
    : hidden_(hidden), sums_(std::size_t(hidden + 1) * (hidden + 1)) {
  const std::size_t h = hidden;
  for (const int z : elements)
    moments_[z] = {0, std::vector<double>(h), std::vector<double>(h), std::vector<double>(h * h)};
}

void UncertaintyFit::add(std::span<const int> numbers, std::span<const double> features) {
  const std::size_t h = hidden_, n = numbers.size();
  std::vector<double> g(h + 1), d(h);
  for (std::size_t i = 0; i < n; ++i) {
    const double* const f = &features[i * h];
    Moments& m = moments_.at(numbers[i]);
    if (m.count == 0) m.origin.assign(f, f + h);
    ++m.count;
    for (std::size_t a = 0; a < h; ++a) {
      g[a] += f[a];
      d[a] = f[a] - m.origin[a];
      m.sum[a] += d[a];
      for (std::size_t b = 0; b <= a; ++b) m.products[a * h + b] += d[a] * d[b];
    }
  }
  g[h] = static_cast<double>(n);
  for (std::size_t a = 0; a <= h; ++a)
    for (std::size_t b = 0; b <= h; ++b)
      sums_[a * (h + 1) + b] += g[a] * g[b] / static_cast<double>(n);
  ++n_structures_;
}

Uncertainty UncertaintyFit::finish() const {
  if (n_structures_ == 0) throw InputError("an uncertainty cannot be fitted to no structures");
  const std::size_t h = hidden_;
  Uncertainty u;
  u.hidden = hidden_;
  u.calibration = 1;
  u.threshold = std::numeric_limits<double>::infinity();
  for (const auto& [z, m] : moments_) {
    std::vector<double> scale(h), c(h * h);
    for (std::size_t a = 0; m.count > 0 && a < h; ++a)
      scale[a] =
          std::max(least_scale, std::sqrt(std::max(0.0, m.products[a * h + a] / m.count -
                                                            std::pow(m.sum[a] / m.count, 2))));
    for (std::size_t a = 0; a < h; ++a)
      for (std::size_t b = 0; b <= a; ++b) {
        if (m.count > 0)
          c[a * h + b] = (m.products[a * h + b] - m.sum[a] * m.sum[b] / m.count) /
                         (m.count * scale[a] * scale[b]);
        if (a == b) c[a * h + b] += correlation_floor;
      }
    const std::vector<double> factor = inverse_factor(c, h);
    u.atoms.insert(u.atoms.end(), factor.begin(), factor.end());
    u.scale.insert(u.scale.end(), scale.begin(), scale.end());
    for (std::size_t a = 0; a < h; ++a)
      u.mean.push_back(m.count > 0 ? m.origin[a] + m.sum[a] / m.count : 0);
  }
  std::vector<double> g = sums_;
  double trace = 0;
  for (double& x : g) x /= n_structures_;
  for (std::size_t a = 0; a <= h; ++a) trace += g[a * (h + 2)];
  for (std::size_t a = 0; a <= h; ++a)
    g[a * (h + 2)] += sum_floor * trace / static_cast<double>(h + 1);
  u.sums = inverse_factor(g, h + 1);
  return u;
}

bool calibrate(Uncertainty& uncertainty, std::span<const CalibrationFrame> left_out,
               std::vector<double> normal) {
  double sum = 0, n = 0;
  for (const CalibrationFrame& frame : left_out)
    if (frame.u > 0 && frame.force_mae > 0 && std::isfinite(frame.u)) {
      sum += std::log(frame.force_mae / frame.u);
      ++n;
    }
  if (n == 0 || normal.empty()) return false;
  uncertainty.calibration = std::exp(sum / n);
  const auto last = normal.begin() + static_cast<std::ptrdiff_t>(
                                         quantile * static_cast<double>(normal.size() - 1) + 0.5);
  std::nth_element(normal.begin(), last, normal.end());
  uncertainty.threshold = uncertainty.calibration * *last;
  return uncertainty.threshold > 0 && std::isfinite(uncertainty.threshold);
}

}  // namespace md::painn
