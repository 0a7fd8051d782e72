#pragma once

#include "potentials/painn/gpu/program_view.cuh"

// What happens at atoms between the matrix products, four channels at once: index = (atom F +
// channel) / 4. Names and equations as in torch_painn.cpp; x_bar = dE/dx.

namespace md::painn {

inline constexpr int wide = 4;

/// Atom and first channel of an index.
template <class T>
struct Channels {
  int f, c;
  std::size_t local, i;  // of the range, of the batch
  MD_HD Channels(const ProgramView<T>& v, int begin, int index)
      : f(v.w.f), c(index * wide % f), local(index * wide / f), i(begin + local) {}
};

/// V and U of four channels of an atom, or other vectors: [3][4].
template <class T>
struct Vectors {
  T x[3][wide];
  MD_HD Vectors(const T* first, int stride) {
    MD_UNROLL for (int k = 0; k < 3; ++k) load(first + k * stride, x[k]);
  }
};

/// |V|^2 + epsilon, whose root is differentiable.
template <class T>
MD_HD T square(const Vectors<T>& v, int y, T epsilon) {
  T sum = epsilon;
  MD_UNROLL for (int k = 0; k < 3; ++k) sum = multiply_add(v.x[k][y], v.x[k][y], sum);
  return sum;
}

template <class T>
MD_HD T product(const Vectors<T>& v, const Vectors<T>& u, int y) {
  T sum = 0;
  MD_UNROLL for (int k = 0; k < 3; ++k) sum = multiply_add(v.x[k][y], u.x[k][y], sum);
  return sum;
}

/// n = sqrt(|V|^2 + epsilon).
template <class T>
struct Norms {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const Channels<T> at(v, begin, index);
    const Vectors<T> vectors(v.vu(layer) + at.i * 6 * at.f + at.c, 2 * at.f);
    T n[wide];
    MD_UNROLL for (int y = 0; y < wide; ++y) n[y] = std::sqrt(square(vectors, y, v.w.epsilon));
    store(n, v.s + (at.i * 2 + 1) * at.f + at.c);
  }
};

/// s += a^ss + a^sv V.U;  v of the next layer = v' + a^vv U.
template <class T>
struct Update {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const Channels<T> at(v, begin, index);
    const int f = at.f;
    const T* const vu = v.vu(layer) + at.i * 6 * f + at.c;
    const Vectors<T> vectors(vu, 2 * f), u(vu + f, 2 * f);
    const T* const a = v.b(begin) + at.local * 3 * f + at.c;  // ss, sv, vv
    T s[wide], ss[wide], sv[wide];
    load(a, ss);
    load(a + f, sv);
    load(v.s + at.i * 2 * f + at.c, s);
    MD_UNROLL for (int y = 0; y < wide; ++y) s[y] +=
        multiply_add(sv[y], product(vectors, u, y), ss[y]);
    store(s, v.s + at.i * 2 * f + at.c);
    store(sv, v.a_sv(layer) + at.i * f + at.c);
    if (layer + 1 == v.w.n_layers) return;
    T vv[wide];
    load(a + 2 * f, vv);
    store(vv, v.a_vv(layer) + at.i * f + at.c);
    MD_UNROLL for (int k = 0; k < 3; ++k) {
      const std::size_t x = (at.i * 3 + k) * f + at.c;
      T to[wide];
      load(v.v_bar + x, to);
      MD_UNROLL for (int y = 0; y < wide; ++y) to[y] = multiply_add(vv[y], u.x[k][y], to[y]);
      store(to, v.v(layer + 1) + x);
    }
  }
};

/// The energy of an atom and, in place of the head's slope, dE/d(hidden layer). One group of lanes
/// for each atom, see md/device/lanes.cuh.
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
        if (v.features) v.features[i * h + c] = v.a(begin)[at];
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
    const Channels<T> at(v, begin, index);
    const int f = at.f;
    const T* const vu = v.vu(layer) + at.i * 6 * f + at.c;
    const Vectors<T> vectors(vu, 2 * f), u(vu + f, 2 * f);
    T* const a = v.b(begin) + at.local * 3 * f + at.c;
    T s[wide], to[wide];
    load(v.s_bar + at.i * f + at.c, s);
    store(s, a);
    MD_UNROLL for (int y = 0; y < wide; ++y) to[y] = s[y] * product(vectors, u, y);
    store(to, a + f);
    if (layer + 1 == v.w.n_layers) return;
    const Vectors<T> v_bar(v.v_bar + at.i * 3 * f + at.c, f);
    MD_UNROLL for (int y = 0; y < wide; ++y) to[y] = product(v_bar, u, y);
    store(to, a + 2 * f);
  }
};

/// gs = s_bar + c_bar^s;  V_bar = q_bar U + n_bar / n V,  U_bar = a^vv v_bar + q_bar V, where
/// q_bar = s_bar a^sv and b holds (c_bar^s, n_bar), [N, 2F].
template <class T>
struct VectorsReverse {
  ProgramView<T> v;
  int begin, layer;
  MD_HD void operator()(int index) const {
    const Channels<T> at(v, begin, index);
    const int f = at.f;
    const std::size_t x = at.i * f + at.c;
    const T* const vu = v.vu(layer) + at.i * 6 * f + at.c;
    const Vectors<T> vectors(vu, 2 * f), u(vu + f, 2 * f);
    const T* const joined = v.b(begin) + at.local * 2 * f + at.c;
    T* const to = v.vu_bar(begin) + at.local * 6 * f + at.c;
    T s[wide], sv[wide], c_bar[wide], n_bar[wide], gs[wide], q[wide], over[wide], vv[wide]{};
    load(v.s_bar + x, s);
    load(v.a_sv(layer) + x, sv);
    load(joined, c_bar);
    load(joined + f, n_bar);
    const bool inner = layer + 1 < v.w.n_layers;
    if (inner) load(v.a_vv(layer) + x, vv);
    MD_UNROLL for (int y = 0; y < wide; ++y) {
      gs[y] = s[y] + c_bar[y];
      q[y] = s[y] * sv[y];
      over[y] = n_bar[y] / std::sqrt(square(vectors, y, v.w.epsilon));
    }
    store(gs, v.gs + x);
    MD_UNROLL for (int k = 0; k < 3; ++k) {
      T v_bar[wide]{}, to_v[wide], to_u[wide];
      if (inner) load(v.v_bar + (at.i * 3 + k) * f + at.c, v_bar);
      MD_UNROLL for (int y = 0; y < wide; ++y) {
        const T vk = vectors.x[k][y], uk = u.x[k][y];
        to_u[y] = q[y] * vk;
        if (inner) to_u[y] = multiply_add(vv[y], v_bar[y], to_u[y]);
        to_v[y] = multiply_add(q[y], uk, over[y] * vk);
      }
      store(to_v, to + 2 * k * f);
      store(to_u, to + (2 * k + 1) * f);
    }
  }
};

}  // namespace md::painn
