#include "potentials/painn/training_domain.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "md/errors.hpp"
#include "md/json.hpp"
#include "md/symmetric_inverse.hpp"

namespace md::painn {
namespace {

constexpr int n_shells = 7;
constexpr double first_shell = 1.0, between = 0.5, width = 0.5, reach = 5.5;  // A
// Added to every variance: differences below this are no news, and the matrix can be inverted.
constexpr double floor_variance = 1e-3;

}  // namespace

std::vector<std::vector<double>> TrainingDomain::describe(
    const std::vector<int>& numbers, const std::vector<Vec3>& positions) const {
  const std::size_t n = numbers.size();
  std::vector<std::vector<double>> x(n, std::vector<double>(elements_.size() * n_shells, 0));
  for (std::size_t j = 0; j < n; ++j) {
    const auto column = std::find(elements_.begin(), elements_.end(), numbers[j]);
    if (column == elements_.end()) continue;
    const auto base = static_cast<std::size_t>(column - elements_.begin()) * n_shells;
    for (std::size_t i = 0; i < n; ++i) {
      const double d = norm(positions[j] - positions[i]);
      if (i == j || d > reach) continue;
      for (int s = 0; s < n_shells; ++s) {
        const double t = (d - first_shell - between * s) / width;
        x[i][base + s] += std::exp(-t * t);
      }
    }
  }
  return x;
}

void TrainingDomain::add(const std::vector<int>& numbers, const std::vector<Vec3>& positions) {
  const auto x = describe(numbers, positions);
  for (std::size_t i = 0; i < x.size(); ++i) {
    Cloud& cloud = clouds_[numbers[i]];
    const std::size_t n = x[i].size();
    cloud.mean.resize(n, 0);
    cloud.precision.resize(n * n, 0);
    ++cloud.count;
    for (std::size_t a = 0; a < n; ++a) {
      cloud.mean[a] += x[i][a];
      for (std::size_t b = 0; b < n; ++b) cloud.precision[a * n + b] += x[i][a] * x[i][b];
    }
  }
}

void TrainingDomain::finish_means() {
  for (auto& [z, cloud] : clouds_) {
    const std::size_t n = cloud.mean.size();
    for (double& m : cloud.mean) m /= cloud.count;
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        double& c = cloud.precision[a * n + b];
        c = c / cloud.count - cloud.mean[a] * cloud.mean[b] + (a == b ? floor_variance : 0);
      }
    cloud.precision = symmetric_inverse(cloud.precision, n);
  }
}

double TrainingDomain::distance(const Cloud& cloud, const std::vector<double>& x) const {
  const std::size_t n = x.size();
  double sum = 0;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      sum += (x[a] - cloud.mean[a]) * cloud.precision[a * n + b] * (x[b] - cloud.mean[b]);
  return std::sqrt(std::max(0.0, sum));
}

void TrainingDomain::widen(const std::vector<int>& numbers, const std::vector<Vec3>& positions) {
  const auto x = describe(numbers, positions);
  for (std::size_t i = 0; i < x.size(); ++i) {
    Cloud& cloud = clouds_.at(numbers[i]);
    cloud.limit = std::max(cloud.limit, distance(cloud, x[i]));
  }
  for (auto& [z, cloud] : clouds_) {
    // An element seen in one environment only spans nothing but what is no news.
    cloud.limit = std::max(cloud.limit, 1.0);
  }
}

std::vector<double> TrainingDomain::novelty(const std::vector<int>& numbers,
                                            const std::vector<Vec3>& positions) const {
  const auto x = describe(numbers, positions);
  std::vector<double> result(x.size(), std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < x.size(); ++i)
    if (const auto it = clouds_.find(numbers[i]); it != clouds_.end())
      result[i] = distance(it->second, x[i]) / it->second.limit;
  return result;
}

std::string TrainingDomain::text() const {
  Json clouds = Json::object();
  for (const auto& [z, cloud] : clouds_) {
    // Single precision is enough and half as long.
    const std::vector<float> mean(cloud.mean.begin(), cloud.mean.end()),
        precision(cloud.precision.begin(), cloud.precision.end());
    clouds[std::to_string(z)] = {
        {"limit", static_cast<float>(cloud.limit)}, {"mean", mean}, {"precision", precision}};
  }
  return Json{{"clouds", clouds}, {"elements", elements_}}.dump();
}

TrainingDomain TrainingDomain::read(const std::string& text, const std::string& where) {
  try {
    const Json json = Json::parse(text);
    const std::vector<double> elements = json.at("elements").numbers();
    TrainingDomain domain(std::vector<int>(elements.begin(), elements.end()));
    const std::size_t n = domain.elements_.size() * n_shells;
    const Json& clouds = json.at("clouds");
    for (const std::string& z : clouds.names()) {
      const Json& entry = clouds.at(z);
      Cloud cloud;
      cloud.limit = entry.at("limit").number();
      cloud.mean = entry.at("mean").numbers();
      cloud.precision = entry.at("precision").numbers();
      if (cloud.mean.size() != n || cloud.precision.size() != n * n || !(cloud.limit > 0))
        throw InputError("");
      domain.clouds_[std::stoi(z)] = std::move(cloud);
    }
    return domain;
  } catch (const std::exception&) {
    throw InputError(where + ": metadata 'training_domain' cannot be understood");
  }
}

}  // namespace md::painn
