#pragma once

#include "potentials/painn/gpu/program_view.cuh"

// What happens at atoms between the matrix products, channel by channel: index = atom F + channel.
// Names and equations as in torch_painn.cpp; x_bar = dE/dx.

namespace md::painn {

// V and U of a channel of an atom are 2 F apart in vu, their components [3] too.

/// |V|^2, with what keeps its root differentiable.
template <class T>
MD_HD T square_of_v(const T* vu, int f) {
  T square = static_cast<T>(1e-8);
  for (int k = 0; k < 3; ++k) square = multiply_add(vu[2 * k * f], vu[2 * k * f], square);
  return square;
}

/// V.U.
template <class T>
MD_HD T product_of_vu(const T* vu, int f) {
  T product = 0;
  for (int k = 0; k < 3; ++k) product = multiply_add(vu[2 * k * f], vu[(2 * k + 1) * f], product);
  return product;
}

/// n = |V|.
template <class T>
struct Norms {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const int f = v.w.f, c = index % f;
    const std::size_t i = begin + index / f;
    v.s[i * 2 * f + f + c] = std::sqrt(square_of_v(v.vu(layer) + i * 6 * f + c, f));
  }
};

/// s += a^ss + a^sv V.U;  v of the next layer = v' + a^vv U.
template <class T>
struct Update {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const int f = v.w.f, c = index % f;
    const std::size_t i = begin + index / f, at = i * f + c;
    const T* const vu = v.vu(layer) + i * 6 * f + c;
    const T* const a = v.b(begin) + (i - begin) * 3 * f + c;  // ss, sv, vv
    v.a_sv(layer)[at] = a[f];
    v.s[i * 2 * f + c] += multiply_add(a[f], product_of_vu(vu, f), a[0]);
    if (layer + 1 == v.w.n_layers) return;
    v.a_vv(layer)[at] = a[2 * f];
    for (int k = 0; k < 3; ++k) {
      const std::size_t x = (i * 3 + k) * f + c;
      v.v(layer + 1)[x] = multiply_add(a[2 * f], vu[(2 * k + 1) * f], v.v_bar[x]);
    }
  }
};

/// The energy of an atom and, in place of the head's slope, dE/d(hidden layer). One group of lanes
/// for each atom, see host_team.cuh.
template <class T>
struct Readout {
  ProgramView<T> v;
  int begin;
  template <class Lanes>
  MD_HD void operator()(int group, const Lanes& lanes) const {
    constexpr int n = Lanes::width;
    const int h = v.w.h;
    const std::size_t i = begin + group;
    const int z = v.number[i];
    const T* const head = v.w.head1();
    double y[n]{}, pairs[n]{};
    for (int c0 = lanes.first(); c0 < h; c0 += 32)
      for (int k = 0; k < n; ++k) {
        const int c = c0 + k;
        const std::size_t at = std::size_t(group) * h + c;
        y[k] += static_cast<double>(head[c]) * static_cast<double>(v.a(begin)[at]);
        v.b(begin)[at] *= v.w.scale[z] * head[c];
      }
    double energy = v.w.energy_scale[z] * (lanes.sum(y) + v.w.bias) + v.w.energy_shift[z];
    if (v.repulsion) {
      const std::int64_t row = v.edges.rows.row[i];
      const int count = v.edges.rows.count[i];
      for (int e0 = lanes.first(); e0 < count; e0 += 32)
        for (int k = 0; k < n; ++k)
          if (e0 + k < count) pairs[k] += 0.5 * v.repulsion[row + e0 + k].energy;
      energy += lanes.sum(pairs);
    }
    if (lanes.first() == 0) v.energy[i] = energy;
  }
};

/// a_bar: ss = s_bar, sv = s_bar V.U, vv = v_bar.U (not in the last layer).
template <class T>
struct UpdateReverse {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const int f = v.w.f, c = index % f;
    const std::size_t i = begin + index / f;
    const T* const vu = v.vu(layer) + i * 6 * f + c;
    const T s = v.s_bar[i * f + c];
    T* const a = v.b(begin) + (i - begin) * 3 * f + c;
    const bool last = layer + 1 == v.w.n_layers;
    a[0] = s;
    a[f] = s * product_of_vu(vu, f);
    if (last) return;
    T vv = 0;
    for (int k = 0; k < 3; ++k)
      vv = multiply_add(v.v_bar[(i * 3 + k) * f + c], vu[(2 * k + 1) * f], vv);
    a[2 * f] = vv;
  }
};

/// gs = s_bar + c_bar^s;  V_bar = q_bar U + n_bar / n V,  U_bar = a^vv v_bar + q_bar V, where
/// q_bar = s_bar a^sv and b holds (c_bar^s, n_bar), [N, 2F].
template <class T>
struct VectorsReverse {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const int f = v.w.f, c = index % f;
    const std::size_t i = begin + index / f, at = i * f + c;
    const T* const vu = v.vu(layer) + i * 6 * f + c;
    const T* const joined = v.b(begin) + (i - begin) * 2 * f + c;
    T* const to = v.vu_bar(begin) + (i - begin) * 6 * f + c;
    const T q = v.s_bar[at] * v.a_sv(layer)[at], over = joined[f] / std::sqrt(square_of_v(vu, f));
    v.gs[at] = v.s_bar[at] + joined[0];
    for (int k = 0; k < 3; ++k) {
      const T vk = vu[2 * k * f], uk = vu[(2 * k + 1) * f];
      T u = q * vk;
      if (layer + 1 < v.w.n_layers)
        u = multiply_add(v.a_vv(layer)[at], v.v_bar[(i * 3 + k) * f + c], u);
      to[2 * k * f] = multiply_add(q, uk, over * vk);
      to[(2 * k + 1) * f] = u;
    }
  }
};

}  // namespace md::painn
