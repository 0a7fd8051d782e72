#include <algorithm>
#include <cmath>
#include <filesystem>

#include "potentials/support/model_info.hpp"
#include "program/bench/bench.hpp"
#include "program/schema.hpp"

namespace md {

BenchModel bench_model(const Input& input, const std::string& role) {
  const std::string key = "bench." + role;
  BenchModel model{role, input.file(key), "", "", 0, input};
  std::error_code error;
  model.file_bytes = static_cast<double>(std::filesystem::file_size(model.path, error));
  if (error) input.fail(key, model.path + ": " + error.message());
  ModelInfo info;
  try {
    info = model_info(model.path);
  } catch (const InputError& problem) {
    input.fail(key, problem.what());
  }
  model.potential = info.potential;
  if (!potentials().entries().contains(model.potential))
    input.fail(key, model.path + ": no potential of this program runs the architecture '" +
                        info.architecture + "'");
  model.parameters = std::to_string(info.parameters);
  model.input.set("potential.name", model.potential, key);
  model.input.set("potential.model", model.path, key);
  choose_components(model.input, "bench");
  return model;
}

Spread spread_of(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {  // between neighbors in proportion
    const double place = part * static_cast<double>(times.size() - 1);
    const auto k = static_cast<std::size_t>(place);
    const double rest = place - static_cast<double>(k);
    return k + 1 < times.size() ? (1 - rest) * times[k] + rest * times[k + 1] : times[k];
  };
  return {at(0.5), times.front(), at(0.25), at(0.75)};
}

Structure water_cluster(int n) {
  constexpr double spacing = 3.104;  // A, one molecule in 29.9 A^3: 1.00 g/cm^3
  std::vector<Vec3> sites;
  const int reach = static_cast<int>(std::ceil(std::cbrt(n))) + 1;
  for (int i = -reach; i <= reach; ++i)
    for (int j = -reach; j <= reach; ++j)
      for (int k = -reach; k <= reach; ++k) sites.push_back({1.0 * i, 1.0 * j, 1.0 * k});
  std::stable_sort(sites.begin(), sites.end(),
                   [](const Vec3& a, const Vec3& b) { return dot(a, a) < dot(b, b); });
  Structure cluster;
  cluster.source = "water cluster";
  for (int m = 0; m < n; ++m) {
    // 0.9572 A, 104.5 degrees; every other molecule turned about x.
    const double sign = m % 2 == 0 ? 1 : -1;
    const Vec3 o = spacing * sites[m];
    cluster.numbers.insert(cluster.numbers.end(), {8, 1, 1});
    cluster.positions.insert(cluster.positions.end(), {o, o + Vec3{0.7569, sign * 0.5859, 0},
                                                       o + Vec3{-0.7569, sign * 0.5859, 0}});
  }
  return cluster;
}

}  // namespace md
