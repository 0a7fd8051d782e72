#include <algorithm>
#include <cmath>
#include <limits>

#include "md/device/parallel.cuh"
#include "potentials/painn/feature_uncertainty.hpp"

namespace md::painn {
namespace {

/// m of every atom; infinite for an element that is not in the data.
template <class T>
struct AtomDistance {
  const int *number, *row;
  int n_rows, h, stride;
  const double *weight, *offset;
  const T* features;
  double* distance;
  MD_HD void operator()(int i) const {
    const int e = number[i] < n_rows ? row[number[i]] : -1;
    if (e < 0) {
      distance[i] = std::numeric_limits<double>::infinity();
      return;
    }
    const double* w = weight + std::size_t(e) * h * (h + 1) / 2;
    const T* const f = features + std::size_t(i) * stride;
    double sum = 0;
    for (int r = 0; r < h; ++r) {
      // Four sums that need not wait for each other.
      double y[4] = {offset[std::size_t(e) * h + r], 0, 0, 0};
      int c = 0;
      for (; c + 3 <= r; c += 4)
        MD_UNROLL for (int k = 0; k < 4; ++k) y[k] += w[c + k] * static_cast<double>(f[c + k]);
      for (; c <= r; ++c) y[0] += w[c] * static_cast<double>(f[c]);
      w += r + 1;
      const double one = (y[0] + y[1]) + (y[2] + y[3]);
      sum += one * one;
    }
    distance[i] = std::sqrt(sum / h);
  }
};

/// g of every replica, [n_replicas, H + 1]; index = replica (H + 1) + component.
template <class T>
struct FeatureSum {
  const int* first_atom;
  int h, stride;
  const T* features;
  double* g;
  MD_HD void operator()(int index) const {
    const int r = index / (h + 1), c = index % (h + 1);
    const int begin = first_atom[r], end = first_atom[r + 1];
    const double root = std::sqrt(static_cast<double>(end - begin));
    double sum = 0;
    for (int i = begin; c < h && i < end; ++i)
      sum += static_cast<double>(features[std::size_t(i) * stride + c]);
    g[index] = c < h ? sum / root : root;
  }
};

struct ReplicaUncertainty {
  const int* first_atom;
  int h;
  double calibration;
  const double *distance, *g, *sums;
  ForceUncertainty* result;
  MD_HD void operator()(int r) const {
    const int begin = first_atom[r];
    int worst = begin;
    // What is no number is worse than any.
    for (int i = begin; i < first_atom[r + 1] && distance[worst] == distance[worst]; ++i)
      if (!(distance[i] <= distance[worst])) worst = i;
    const double* w = sums;
    double rigidity = 0;
    for (int a = 0; a <= h; ++a) {
      double y = 0;
      for (int c = 0; c <= a; ++c) y += *w++ * g[std::size_t(r) * (h + 1) + c];
      rigidity += y * y;
    }
    result[r] = {calibration * std::sqrt(distance[worst] * std::sqrt(rigidity)), worst - begin};
  }
};

}  // namespace

FeatureUncertainty::FeatureUncertainty(const PainnModel& model, Device device)
    : device_(device),
      hidden_(model.uncertainty.hidden),
      calibration_(model.uncertainty.calibration) {
  const Uncertainty& u = model.uncertainty;
  const std::size_t h = hidden_, n = h * (h + 1) / 2;
  std::vector<int> row(model.n_species, -1);
  std::vector<double> weight = u.atoms, offset(model.elements.size() * h, 0);
  std::size_t e = 0;
  for (const int z : model.elements) {
    const double* const scale = u.scale.data() + e * h;
    if (std::all_of(scale, scale + h, [](double x) { return x > 0; })) row[z] = static_cast<int>(e);
    double* w = weight.data() + e * n;
    for (std::size_t r = 0; r < h; ++r)
      for (std::size_t c = 0; c <= r; ++c, ++w) {
        *w /= scale[c];
        offset[e * h + r] -= *w * u.mean[e * h + c];
      }
    ++e;
  }
  row_ = {device, row};
  weight_ = {device, weight};
  offset_ = {device, offset};
  sums_ = {device, u.sums};
}

template <class T>
std::vector<ForceUncertainty> FeatureUncertainty::evaluate(const StateView& state,
                                                           const T* features, int stride,
                                                           Stream& stream) const {
  const int h = hidden_, n = state.n_replicas;
  Array<double> distance(device_, state.n_atoms), g(device_, std::size_t(n) * (h + 1));
  Array<ForceUncertainty> result(device_, n);
  for_each_index(stream, state.n_atoms,
                 AtomDistance<T>{state.number, row_.data(), static_cast<int>(row_.size()), h,
                                 stride, weight_.data(), offset_.data(), features, distance.data()},
                 h * h / 2);
  for_each_index(stream, n * (h + 1),
                 FeatureSum<T>{state.first_atom, h, stride, features, g.data()}, 50);
  for_each_index(stream, n,
                 ReplicaUncertainty{state.first_atom, h, calibration_, distance.data(), g.data(),
                                    sums_.data(), result.data()},
                 h * h / 2);
  stream.synchronize();
  return result.download();
}

std::optional<FeatureUncertainty> feature_uncertainty(const PainnModel& model, Device device) {
  if (model.uncertainty.empty()) return {};
  return FeatureUncertainty(model, device);
}

template std::vector<ForceUncertainty> FeatureUncertainty::evaluate<float>(const StateView&,
                                                                           const float*, int,
                                                                           Stream&) const;
template std::vector<ForceUncertainty> FeatureUncertainty::evaluate<double>(const StateView&,
                                                                            const double*, int,
                                                                            Stream&) const;

}  // namespace md::painn
