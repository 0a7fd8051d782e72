#include "potentials/painn/filter_table.hpp"

namespace md::painn {
namespace {

/// Coefficients c[0 ... n + 2] of the cubic spline through y[0 ... n] at distance h whose slope is
/// zero at both ends: (c[i] + 4 c[i + 1] + c[i + 2]) / 6 = y[i], c[2] = c[0], c[n + 2] = c[n].
std::vector<double> spline_through(const std::vector<double>& y) {
  const int n = static_cast<int>(y.size()) - 1;
  std::vector<double> c(n + 3), upper(n + 1), right(n + 1);
  upper[0] = 2.0 / 4;
  right[0] = 6 * y[0] / 4;
  for (int i = 1; i <= n; ++i) {  // Thomas algorithm; the last row has 2 below the diagonal
    const double lower = i == n ? 2 : 1, pivot = 4 - lower * upper[i - 1];
    upper[i] = 1 / pivot;
    right[i] = (6 * y[i] - lower * right[i - 1]) / pivot;
  }
  c[n + 1] = right[n];
  for (int i = n - 1; i >= 0; --i) c[i + 1] = right[i] - upper[i] * c[i + 2];
  c[0] = c[2];
  c[n + 2] = c[n];
  return c;
}

}  // namespace

template <class T>
FilterTable<T>::FilterTable(const PainnModel& model, int intervals_)
    : intervals(intervals_),
      blocks(padded(model.channels) / panel),
      per_angstrom(intervals_ / model.cutoff) {
  const int width = model.n_radial + 1, f = model.channels;
  std::vector<std::vector<double>> radial(width, std::vector<double>(intervals + 1));
  std::vector<double> value(width), slope(width);
  for (int i = 0; i <= intervals; ++i) {
    radial_functions(i / per_angstrom, model.cutoff, model.n_radial, model.envelope, value.data(),
                     slope.data());
    for (int k = 0; k < width; ++k) radial[k][i] = value[k];
  }
  for (auto& function : radial) function = spline_through(function);

  const int n_layers = static_cast<int>(model.layers.size());
  data.resize(static_cast<std::size_t>(n_layers) * blocks * (intervals + 3) * row);
  std::vector<double> filter(width), sum;
  for (int l = 0; l < n_layers; ++l)
    for (int part = 0; part < 3; ++part)
      for (int c = 0; c < f; ++c) {
        const std::size_t out = (std::size_t{3} * l + part) * f + c;
        for (int k = 0; k < model.n_radial; ++k)
          filter[k] = model.filter.weight[out * model.n_radial + k];
        filter[model.n_radial] = model.filter.bias[out];
        T* const column =
            data.data() + (block(l, c / panel) - data.data()) + part * panel + c % panel;
        sum.assign(intervals + 3, 0);
        for (int k = 0; k < width; ++k)
          for (int i = 0; i < intervals + 3; ++i) sum[i] += filter[k] * radial[k][i];
        for (int i = 0; i < intervals + 3; ++i)
          column[static_cast<std::size_t>(i) * row] = static_cast<T>(sum[i]);
      }
}

template struct FilterTable<float>;
template struct FilterTable<double>;

}  // namespace md::painn
