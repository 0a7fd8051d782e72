#include "potentials/painn/gpu/device_weights.hpp"

#include <algorithm>
#include <cmath>

#include "potentials/painn/filter_table.hpp"

namespace md::painn {
namespace {

/// `x` as T, in float first rounded to the operand.
template <class T>
T rounded(double x, Operand operand) {
  if constexpr (std::is_same_v<T, float>) {
    const auto value = static_cast<float>(x);
    switch (operand) {
      case Operand::full:
      case Operand::tf32x3:
        return value;
      case Operand::tf32:
        return round_operand<Operand::tf32>(value);
      case Operand::bf16:
        return round_operand<Operand::bf16>(value);
      case Operand::fp16:
        return round_operand<Operand::fp16>(value);
    }
  }
  return static_cast<T>(x);
}

/// Puts matrices into one array. A matrix of the file is [out, in], both of parts `f` wide that
/// are padded to `F`; `order[p]` is the part of the file that stands at p.
template <class T>
struct Packer {
  Operand operand;
  int f, padded_f;

  int place(int index, int width, int padded_width, const std::vector<int>& order) const {
    const int part = index / width;
    for (std::size_t p = 0; p < order.size(); ++p)
      if (order[p] == part) return static_cast<int>(p) * padded_width + index % width;
    return -1;
  }
  /// [in, out], or [out, in] when transposed.
  void matrix(T* to, const DenseLayer& layer, int out_width, const std::vector<int>& out_order,
              int in_parts, bool transposed) const {
    const int out_padded = padded(out_width), columns = in_parts * padded_f;
    const int rows = static_cast<int>(out_order.size()) * out_padded;
    const std::vector<int> in_order{0, 1, 2};
    for (int o = 0; o < layer.out; ++o)
      for (int i = 0; i < layer.in; ++i) {
        const int at_o = place(o, out_width, out_padded, out_order);
        const int at_i = place(i, f, padded_f, in_order);
        const double x = layer.weight[static_cast<std::size_t>(o) * layer.in + i];
        to[transposed ? std::size_t(at_o) * columns + at_i : std::size_t(at_i) * rows + at_o] =
            rounded<T>(x, operand);
      }
  }
  void bias(T* to, const DenseLayer& layer, int out_width, const std::vector<int>& order) const {
    for (int o = 0; o < layer.out; ++o)
      to[place(o, out_width, padded(out_width), order)] = static_cast<T>(layer.bias[o]);
  }
};

double silu(double x) { return x / (1 + std::exp(-x)); }

/// The x^s and x^r parts of phi in layer 0, where the scalars are those of the element.
template <class T>
std::vector<T> element_phi(const PainnModel& model, int padded_f) {
  const int f = model.channels;
  const DenseLayer &first = model.layers[0].context0, &second = model.layers[0].context1;
  std::vector<T> phi(static_cast<std::size_t>(model.n_species) * 2 * padded_f);
  std::vector<double> hidden(f);
  for (int z = 0; z < model.n_species; ++z) {
    for (int o = 0; o < f; ++o) {
      double x = first.bias[o];
      for (int i = 0; i < f; ++i)
        x += first.weight[o * f + i] * model.embedding[std::size_t(z) * f + i];
      hidden[o] = silu(x);
    }
    for (int o = 0; o < 2 * f; ++o) {
      double x = second.bias[o];
      for (int i = 0; i < f; ++i) x += second.weight[o * f + i] * hidden[i];
      phi[(std::size_t(z) * 2 + o / f) * padded_f + o % f] = static_cast<T>(x);
    }
  }
  return phi;
}

template <class T>
std::vector<T> exact_filters(const PainnModel& model, int padded_f) {
  const int f = model.channels, k = model.n_radial,
            n_layers = static_cast<int>(model.layers.size());
  std::vector<T> result(static_cast<std::size_t>(n_layers) * (k + 1) * 3 * padded_f);
  for (int l = 0; l < n_layers; ++l)
    for (int o = 0; o < 3 * f; ++o)
      for (int n = 0; n <= k; ++n) {
        const std::size_t from = std::size_t(3) * f * l + o;
        result[((std::size_t(l) * (k + 1) + n) * 3 + o / f) * padded_f + o % f] =
            static_cast<T>(n < k ? model.filter.weight[from * k + n] : model.filter.bias[from]);
      }
  return result;
}

/// The table with all channels of a knot side by side, [L][intervals + 3][3F].
std::vector<float> by_knots(const FilterTable<float>& table, int n_layers) {
  const int f = panel * table.blocks, knots = table.intervals + 3;
  std::vector<float> result(static_cast<std::size_t>(n_layers) * knots * 3 * f);
  for (int l = 0; l < n_layers; ++l)
    for (int b = 0; b < table.blocks; ++b)
      for (int k = 0; k < knots; ++k)
        for (int part = 0; part < 3; ++part)
          std::copy_n(table.block(l, b) + k * table.row + part * panel, panel,
                      result.data() + ((std::size_t(l) * knots + k) * 3 + part) * f + b * panel);
  return result;
}

}  // namespace

template <class T>
DeviceWeights<T>::DeviceWeights(const PainnModel& model, Operand operand, Device device) {
  const int f = padded(model.channels), h = padded(model.head0.out), width = model.channels;
  view_.f = f;
  view_.h = h;
  view_.n_layers = static_cast<int>(model.layers.size());
  view_.n_radial = model.n_radial;
  view_.envelope = model.envelope;
  view_.cutoff = model.cutoff;
  view_.epsilon = static_cast<T>(model.epsilon);
  view_.bias = model.head1.bias.empty() ? 0 : model.head1.bias[0];

  const Packer<T> pack{operand, width, f};
  const std::size_t size = view_.layer_size(f);
  std::vector<T> layers(view_.n_layers * size);
  for (int l = 0; l < view_.n_layers; ++l) {
    const PainnModel::Layer& from = model.layers[l];
    T* const to = layers.data() + l * size;
    const auto square = [&](int n) { return to + std::size_t(n) * f * f; };
    for (const bool t : {false, true}) {
      pack.matrix(square(t ? 11 : 0), from.context0, width, {0}, 1, t);
      pack.matrix(square(t ? 12 : 1), from.context1, width, {0, 1, 2}, 1, t);
      pack.matrix(square(t ? 15 : 4), from.mixing0, width, {0}, 2, t);
      pack.matrix(square(t ? 17 : 6), from.mixing1, width, {0, 2, 1}, 1, t);
      pack.matrix(square(t ? 20 : 9), from.channel_mix, width, {0, 1}, 1, t);
    }
    pack.bias(square(22), from.context0, width, {0});
    pack.bias(square(22) + f, from.context1, width, {0, 1, 2});
    pack.bias(square(22) + 4 * f, from.mixing0, width, {0});
    pack.bias(square(22) + 5 * f, from.mixing1, width, {0, 2, 1});
  }
  std::vector<T> head(2 * f * h + 2 * h);
  pack.matrix(head.data(), model.head0, model.head0.out, {0}, 1, false);
  pack.bias(head.data() + f * h, model.head0, model.head0.out, {0});
  pack.matrix(head.data() + f * h + h, model.head0, model.head0.out, {0}, 1, true);
  for (int c = 0; c < model.head0.out; ++c)
    head[2 * f * h + h + c] = static_cast<T>(model.head1.weight[c]);
  std::vector<T> embedding(static_cast<std::size_t>(model.n_species) * f);
  for (int z = 0; z < model.n_species; ++z)
    for (int c = 0; c < width; ++c)
      embedding[std::size_t(z) * f + c] =
          static_cast<T>(model.embedding[std::size_t(z) * width + c]);

  layers_ = {device, layers};
  head_ = {device, head};
  embedding_ = {device, embedding};
  phi0_ = {device, element_phi<T>(model, f)};
  scale_ = {device, std::vector<T>(model.scale.begin(), model.scale.end())};
  energy_scale_ = {device, model.scale};
  energy_shift_ = {device, model.shift};
  if constexpr (std::is_same_v<T, float>) {
    view_.intervals = table_intervals;
    const FilterTable<float> table(model, view_.intervals);
    view_.per_angstrom = table.per_angstrom;
    filter_ = {device, by_knots(table, view_.n_layers)};
  } else {
    filter_ = {device, exact_filters<T>(model, f)};
  }
  view_.layers = layers_.data();
  view_.head = head_.data();
  view_.embedding = embedding_.data();
  view_.phi0 = phi0_.data();
  view_.scale = scale_.data();
  view_.energy_scale = energy_scale_.data();
  view_.energy_shift = energy_shift_.data();
  view_.filter = filter_.data();
}

template class DeviceWeights<float>;
template class DeviceWeights<double>;

}  // namespace md::painn
