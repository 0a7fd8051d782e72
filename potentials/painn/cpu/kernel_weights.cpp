#include "potentials/painn/cpu/kernel_weights.hpp"

#include <cmath>

namespace md::painn {
namespace {

/// How a width consists of parts: `order[p]` is the part of the file that stands at p.
struct Parts {
  int width = 0;
  std::vector<int> order = {0};
  int size() const { return static_cast<int>(order.size()) * padded(width); }
  /// The column in the file of what stands at `index` here; -1: padding.
  int source(int index) const {
    const int part = index / padded(width), within = index % padded(width);
    return within < width ? order[part] * width + within : -1;
  }
};

template <class T>
PackedMatrix<T> pack(const DenseLayer& layer, const Parts& in, const Parts& out, bool transposed) {
  const Parts &rows = transposed ? out : in, &columns = transposed ? in : out;
  PackedMatrix<T> result{rows.size(), columns.size(), {}, {}};
  result.data.resize(static_cast<std::size_t>(result.rows) * result.columns);
  for (int n = 0; n < result.columns; ++n)
    for (int k = 0; k < result.rows; ++k) {
      const int i = in.source(transposed ? n : k), o = out.source(transposed ? k : n);
      const std::size_t at = (static_cast<std::size_t>(n / panel) * result.rows + k) * panel;
      if (i >= 0 && o >= 0)
        result.data[at + n % panel] =
            static_cast<T>(layer.weight[static_cast<std::size_t>(o) * layer.in + i]);
    }
  if (transposed || layer.bias.empty()) return result;
  result.bias.resize(result.columns);
  for (int n = 0; n < result.columns; ++n)
    if (const int o = out.source(n); o >= 0) result.bias[n] = static_cast<T>(layer.bias[o]);
  return result;
}

/// Rows of layer l of the filter network and its bias as one more row, [K + 1, 3F].
template <class T>
PackedMatrix<T> pack_filter(const DenseLayer& filter, int l, int channels) {
  const Parts out{channels, {0, 1, 2}};
  const int first = 3 * channels * l;
  PackedMatrix<T> result{filter.in + 1, out.size(), {}, {}};
  result.data.resize(static_cast<std::size_t>(result.rows) * result.columns);
  for (int n = 0; n < result.columns; ++n) {
    const int o = out.source(n);
    if (o < 0) continue;
    T* column = result.data.data() + static_cast<std::size_t>(n / panel) * result.rows * panel;
    for (int k = 0; k < filter.in; ++k)
      column[k * panel + n % panel] =
          static_cast<T>(filter.weight[static_cast<std::size_t>(first + o) * filter.in + k]);
    column[filter.in * panel + n % panel] = static_cast<T>(filter.bias[first + o]);
  }
  return result;
}

std::vector<double> apply(const DenseLayer& layer, const double* x) {
  std::vector<double> y(layer.out);
  for (int o = 0; o < layer.out; ++o) {
    y[o] = layer.bias.empty() ? 0 : layer.bias[o];
    for (int i = 0; i < layer.in; ++i)
      y[o] += layer.weight[static_cast<std::size_t>(o) * layer.in + i] * x[i];
  }
  return y;
}

}  // namespace

template <class T>
KernelWeights<T>::KernelWeights(const PainnModel& model, int intervals)
    : channels(padded(model.channels)),
      hidden(padded(model.head0.out)),
      n_radial(model.n_radial),
      cutoff(model.cutoff),
      envelope(model.envelope),
      repulsion(model.repulsion),
      epsilon(static_cast<T>(model.epsilon)),
      head1(hidden),
      head1_bias(model.head1.bias.empty() ? 0 : model.head1.bias[0]),
      scale(model.scale),
      shift(model.shift) {
  const Parts one{model.channels, {0}}, two{model.channels, {0, 1}},
      three{model.channels, {0, 1, 2}};
  const Parts mixed{model.channels, {0, 2, 1}};
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const PainnModel::Layer& from = model.layers[l];
    Layer& to = layers.emplace_back();
    for (const bool t : {false, true}) {
      (t ? to.context0_t : to.context0) = pack<T>(from.context0, one, one, t);
      (t ? to.context1_t : to.context1) = pack<T>(from.context1, one, three, t);
      (t ? to.mixing0_t : to.mixing0) = pack<T>(from.mixing0, two, one, t);
      (t ? to.mixing1_t : to.mixing1) = pack<T>(from.mixing1, one, mixed, t);
      (t ? to.channel_mix_t : to.channel_mix) = pack<T>(from.channel_mix, one, two, t);
    }
    to.filter = pack_filter<T>(model.filter, static_cast<int>(l), model.channels);
  }
  const Parts head{model.head0.out, {0}};
  head0 = pack<T>(model.head0, one, head, false);
  head0_t = pack<T>(model.head0, one, head, true);
  for (int h = 0; h < model.head0.out; ++h) head1[h] = static_cast<T>(model.head1.weight[h]);
  if (intervals > 0) table = FilterTable<T>(model, intervals);
  embedding.resize(static_cast<std::size_t>(model.n_species) * channels);
  phi0.resize(2 * embedding.size());
  for (int z = 0; z < model.n_species; ++z) {
    const double* const row = &model.embedding[static_cast<std::size_t>(z) * model.channels];
    std::vector<double> hidden = apply(model.layers[0].context0, row);
    for (double& x : hidden) x /= 1 + std::exp(-x);
    const std::vector<double> phi = apply(model.layers[0].context1, hidden.data());
    const std::size_t at = static_cast<std::size_t>(z) * channels;
    for (int c = 0; c < model.channels; ++c) {
      embedding[at + c] = static_cast<T>(row[c]);
      phi0[2 * at + c] = static_cast<T>(phi[c]);
      phi0[2 * at + channels + c] = static_cast<T>(phi[model.channels + c]);
    }
  }
}

template struct KernelWeights<float>;
template struct KernelWeights<double>;

}  // namespace md::painn
