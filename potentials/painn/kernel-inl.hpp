// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE. Equations as in
// torch_painn.cpp; the reverse pass is their adjoint, written out by hand: x_bar = dE/dx.

#include "potentials/painn/kernel_gemm-inl.hpp"

/// silu(x) = x / (1 + exp(-x)) in place, its derivative to `slope`.
template <class T>
void silu(int n, T* x, T* slope) {
  const V<T> one = set<T>(1);
  for (int i = 0; i < n; i += lanes<T>) {
    const V<T> value = load<T>(x + i);
    const V<T> sigma = hn::Div(one, hn::Add(one, hn::Exp(Tag<T>(), hn::Neg(value))));
    store<T>(hn::Mul(value, sigma), x + i);
    store<T>(hn::Mul(sigma, hn::MulAdd(value, hn::Sub(one, sigma), one)), slope + i);
  }
}

template <class T>
void multiply_by(int n, const T* factor, T* x) {
  for (int i = 0; i < n; i += lanes<T>)
    store<T>(hn::Mul(load<T>(x + i), load<T>(factor + i)), x + i);
}

/// B_n fc and its derivative; sin(n x) and cos(n x) by recurrence, in double.
template <class T>
void radial_functions(const KernelWeights<T>& w, Graph<T>& g, int edge) {
  const double d = g.distance[edge], x = std::numbers::pi / w.cutoff;
  const double s1 = std::sin(x * d), c1 = std::cos(x * d), t = d / w.cutoff;
  double envelope, envelope_slope;
  if (w.envelope == Envelope::cosine) {
    envelope = 0.5 * (c1 + 1);
    envelope_slope = -0.5 * x * s1;
  } else {
    const double t5 = t * t * t * t * t;
    envelope = 1 + t5 * t * (-28 + t * (48 - 21 * t));
    envelope_slope = t5 * (-168 + t * (336 - 168 * t)) / w.cutoff;
  }
  const int width = w.n_radial + 1;
  T* const basis = g.basis.data() + static_cast<std::size_t>(edge) * width;
  T* const slope = g.slope.data() + static_cast<std::size_t>(edge) * width;
  double s = s1, c = c1;
  for (int n = 0; n < w.n_radial; ++n) {
    const double b = s / d, b_slope = ((n + 1) * x * c - b) / d;
    basis[n] = static_cast<T>(b * envelope);
    slope[n] = static_cast<T>(b_slope * envelope + b * envelope_slope);
    const double next = s * c1 + c * s1;
    c = c * c1 - s * s1;
    s = next;
  }
  basis[w.n_radial] = static_cast<T>(envelope);
  slope[w.n_radial] = static_cast<T>(envelope_slope);
}

/// phi of layer l from s, rows [begin, end).
template <class T>
void context(const KernelWeights<T>& w, Tape<T>& tape, Scratch<T>& scratch, int l, int begin,
             int end) {
  const int f = w.channels, rows = end - begin;
  const auto& layer = w.layers[l];
  auto& t = tape.layers[l];
  multiply<T>(rows, f, f, &tape.s[std::size_t(begin) * f], f, layer.context0, true,
              scratch.a.data(), f);
  silu<T>(rows * f, scratch.a.data(), &t.context_slope[std::size_t(begin) * f]);
  // Without vectors the third part meets nothing.
  multiply<T>(rows, f, l == 0 ? 2 * f : 3 * f, scratch.a.data(), f, layer.context1, true,
              &t.phi[std::size_t(begin) * 3 * f], 3 * f);
}

/// Filters W (and dW/dd) of the edges of atom i.
template <class T>
void filters(const KernelWeights<T>& w, const Graph<T>& g, Scratch<T>& scratch, int l, int i,
             bool slope) {
  const int f = w.channels, k = w.n_radial + 1, degree = g.degree(i), first = g.first[i];
  const std::size_t at = std::size_t(first) * k;
  const int columns = l == 0 ? 2 * f : 3 * f;
  if (degree == 0) return;
  multiply<T>(degree, k, columns, &g.basis[at], k, w.layers[l].filter, false, scratch.filter.data(),
              3 * f);
  if (slope)
    multiply<T>(degree, k, columns, &g.slope[at], k, w.layers[l].filter, false,
                scratch.filter_slope.data(), 3 * f);
}

/// Message to atom i: s += sum x^s; to `v`, [3, F]: v + sum (x^r u + x^v v_j).
template <class T, bool vectors>
void message(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
             int l, int i, T* v) {
  const int f = w.channels, first = g.first[i], degree = g.degree(i);
  const auto& t = tape.layers[l];
  filters(w, g, scratch, l, i, false);
  for (int c = 0; c < f; c += lanes<T>) {
    T* const s = &tape.s[std::size_t(i) * f + c];
    V<T> ds = load<T>(s), x = zero<T>(), y = zero<T>(), z = zero<T>();
    if constexpr (vectors) {
      const T* const own = &t.v[std::size_t(i) * 3 * f + c];
      x = load<T>(own), y = load<T>(own + f), z = load<T>(own + 2 * f);
    }
    for (int e = 0; e < degree; ++e) {
      const std::size_t j = g.neighbor[first + e];
      const T* const phi = &t.phi[j * 3 * f + c];
      const T* const filter = &scratch.filter[std::size_t(e) * 3 * f + c];
      const T* const u = &g.unit[std::size_t(first + e) * 3];
      ds = hn::MulAdd(load<T>(phi), load<T>(filter), ds);
      const V<T> r = hn::Mul(load<T>(phi + f), load<T>(filter + f));
      x = hn::MulAdd(r, set<T>(u[0]), x);
      y = hn::MulAdd(r, set<T>(u[1]), y);
      z = hn::MulAdd(r, set<T>(u[2]), z);
      if constexpr (vectors) {
        const T* const sent = &t.v[j * 3 * f + c];
        const V<T> q = hn::Mul(load<T>(phi + 2 * f), load<T>(filter + 2 * f));
        x = hn::MulAdd(q, load<T>(sent), x);
        y = hn::MulAdd(q, load<T>(sent + f), y);
        z = hn::MulAdd(q, load<T>(sent + 2 * f), z);
      }
    }
    store<T>(ds, s);
    store<T>(x, v + c);
    store<T>(y, v + f + c);
    store<T>(z, v + 2 * f + c);
  }
}

/// Update of the rows [begin, end): v, [rows, 3, F], are the vectors after the message.
template <class T>
void update(const KernelWeights<T>& w, Tape<T>& tape, Scratch<T>& scratch, int l, int begin,
            int end, const T* v) {
  const int f = w.channels, rows = end - begin;
  const bool last = l + 1 == static_cast<int>(w.layers.size());
  const auto& layer = w.layers[l];
  auto& t = tape.layers[l];
  T* const vu = &t.vu[std::size_t(begin) * 6 * f];
  multiply<T>(3 * rows, f, 2 * f, v, f, layer.channel_mix, false, vu, 2 * f);
  T* const joined = scratch.b.data();  // [rows, 2F]: s, |V|
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < f; c += lanes<T>) {
      const T* const p = vu + std::size_t(r) * 6 * f + c;
      V<T> square = set<T>(T(1e-8)), product = zero<T>();
      for (int k = 0; k < 3; ++k) {
        const V<T> one = load<T>(p + 2 * k * f);
        square = hn::MulAdd(one, one, square);
        product = hn::MulAdd(one, load<T>(p + (2 * k + 1) * f), product);
      }
      const std::size_t at = std::size_t(begin + r) * f + c;
      const V<T> norm = hn::Sqrt(square);
      store<T>(norm, &t.norm[at]);
      store<T>(product, &t.dot[at]);
      store<T>(load<T>(&tape.s[at]), joined + std::size_t(r) * 2 * f + c);
      store<T>(norm, joined + std::size_t(r) * 2 * f + f + c);
    }
  multiply<T>(rows, 2 * f, f, joined, 2 * f, layer.mixing0, true, scratch.a.data(), f);
  silu<T>(rows * f, scratch.a.data(), &t.mixing_slope[std::size_t(begin) * f]);
  T* const parts = scratch.b.data();  // [rows, 3F]: ss, sv, vv
  multiply<T>(rows, f, last ? 2 * f : 3 * f, scratch.a.data(), f, layer.mixing1, true, parts,
              3 * f);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < f; c += lanes<T>) {
      const std::size_t at = std::size_t(begin + r) * f + c;
      const T* const a = parts + std::size_t(r) * 3 * f + c;
      const V<T> sv = load<T>(a + f);
      store<T>(sv, &t.a_sv[at]);
      store<T>(hn::Add(load<T>(&tape.s[at]), hn::MulAdd(sv, load<T>(&t.dot[at]), load<T>(a))),
               &tape.s[at]);
      if (last) continue;
      const V<T> vv = load<T>(a + 2 * f);
      store<T>(vv, &t.a_vv[at]);
      for (int k = 0; k < 3; ++k) {
        const std::size_t from = (std::size_t(r) * 3 + k) * f + c;
        store<T>(hn::MulAdd(vv, load<T>(vu + (std::size_t(r) * 6 + 2 * k + 1) * f + c),
                            load<T>(v + from)),
                 &tape.layers[l + 1].v[std::size_t(begin) * 3 * f + from]);
      }
    }
}

/// Reverse of the update of layer l. In: dE/ds in `sb`, [rows, F], and dE/dv in `vb`, [rows, 3, F]
/// (null after the last layer: zero). Out: gs, gv of the layer.
template <class T>
void update_reverse(const KernelWeights<T>& w, Tape<T>& tape, Scratch<T>& scratch, int l, int begin,
                    int end, const T* sb, const T* vb) {
  const int f = w.channels, rows = end - begin, n_parts = vb ? 3 : 2;
  const auto& layer = w.layers[l];
  auto& t = tape.layers[l];
  T* const parts = scratch.b.data();  // [rows, 3F]: dE/d(ss, sv, vv)
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < f; c += lanes<T>) {
      const std::size_t at = std::size_t(begin + r) * f + c;
      const V<T> s = load<T>(sb + std::size_t(r) * f + c);
      T* const a = parts + std::size_t(r) * 3 * f + c;
      store<T>(s, a);
      store<T>(hn::Mul(s, load<T>(&t.dot[at])), a + f);
      if (!vb) continue;
      V<T> vv = zero<T>();
      for (int k = 0; k < 3; ++k)
        vv = hn::MulAdd(load<T>(vb + (std::size_t(r) * 3 + k) * f + c),
                        load<T>(&t.vu[(std::size_t(begin + r) * 6 + 2 * k + 1) * f + c]), vv);
      store<T>(vv, a + 2 * f);
    }
  multiply<T>(rows, n_parts * f, f, parts, 3 * f, layer.mixing1_t, false, scratch.a.data(), f);
  multiply_by<T>(rows * f, &t.mixing_slope[std::size_t(begin) * f], scratch.a.data());
  T* const joined = scratch.b.data();  // [rows, 2F]: dE/d(s', |V|)
  multiply<T>(rows, f, 2 * f, scratch.a.data(), f, layer.mixing0_t, false, joined, 2 * f);
  T* const vu = scratch.c.data();  // [rows, 3, 2F]: dE/d(V, U)
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < f; c += lanes<T>) {
      const std::size_t at = std::size_t(begin + r) * f + c;
      const V<T> s = load<T>(sb + std::size_t(r) * f + c);
      const V<T> dot = hn::Mul(s, load<T>(&t.a_sv[at]));
      const V<T> over =
          hn::Div(load<T>(joined + std::size_t(r) * 2 * f + f + c), load<T>(&t.norm[at]));
      store<T>(hn::Add(s, load<T>(joined + std::size_t(r) * 2 * f + c)), &tape.gs[l & 1][at]);
      for (int k = 0; k < 3; ++k) {
        const T* const own = &t.vu[(std::size_t(begin + r) * 6 + 2 * k) * f + c];
        const V<T> vk = load<T>(own), uk = load<T>(own + f);
        V<T> u = hn::Mul(dot, vk);
        if (vb)
          u = hn::MulAdd(load<T>(&t.a_vv[at]), load<T>(vb + (std::size_t(r) * 3 + k) * f + c), u);
        T* const to = vu + (std::size_t(r) * 6 + 2 * k) * f + c;
        store<T>(hn::MulAdd(dot, uk, hn::Mul(over, vk)), to);
        store<T>(u, to + f);
      }
    }
  T* const gv = &tape.gv[l & 1][std::size_t(begin) * 3 * f];
  multiply<T>(3 * rows, 2 * f, f, vu, 2 * f, layer.channel_mix_t, false, gv, f);
  if (!vb) return;
  for (int i = 0; i < 3 * rows * f; i += lanes<T>)
    store<T>(hn::Add(load<T>(gv + i), load<T>(vb + i)), gv + i);
}

/// Energies of the rows and, to `sb`, dE/ds.
template <class T>
void readout(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
             int begin, int end, T* sb) {
  const int f = w.channels, h = w.hidden, rows = end - begin;
  T* const hidden = scratch.a.data();
  T* const slope = scratch.b.data();
  multiply<T>(rows, f, h, &tape.s[std::size_t(begin) * f], f, w.head0, true, hidden, h);
  silu<T>(rows * h, hidden, slope);
  for (int r = 0; r < rows; ++r) {
    const int z = g.number[begin + r];
    double y = w.head1_bias;
    for (int c = 0; c < h; ++c) y += double(w.head1[c]) * double(hidden[r * h + c]);
    tape.energy[begin + r] = w.scale[z] * y + w.shift[z];
    for (int c = 0; c < h; ++c) slope[r * h + c] *= static_cast<T>(w.scale[z]) * w.head1[c];
  }
  multiply<T>(rows, h, f, slope, h, w.head0_t, false, sb, f);
}

/// Reverse of the message of layer l for atom a as the sender: edge e of a is (a, x), and what is
/// collected belongs to its reverse (x, a), whose direction is -u. Out: dE/dphi_a to `phi_bar` and
/// dE/dv_a to `v_bar` (both without meaning for layer 0), along and across of the edges.
template <class T, bool vectors>
void message_reverse(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
                     Scratch<T>& scratch, int l, int a, T* phi_bar, T* v_bar) {
  constexpr int n = lanes<T>;
  const int f = w.channels, first = g.first[a], degree = g.degree(a);
  const auto& t = tape.layers[l];
  const T* const gs = tape.gs[l & 1].data();
  const T* const gv = tape.gv[l & 1].data();
  filters(w, g, scratch, l, a, true);
  T* const sums = scratch.lanes.data();  // [degree, 4, lanes]
  for (int i = 0; i < 4 * n * degree; i += n) store<T>(zero<T>(), sums + i);
  for (int c = 0; c < f; c += n) {
    const T* const own = &t.phi[std::size_t(a) * 3 * f + c];
    const V<T> p0 = load<T>(own), p1 = load<T>(own + f);
    V<T> p2 = zero<T>(), vx = zero<T>(), vy = zero<T>(), vz = zero<T>();
    V<T> b0 = zero<T>(), b1 = zero<T>(), b2 = zero<T>(), wx = zero<T>(), wy = zero<T>(),
         wz = zero<T>();
    if constexpr (vectors) {
      const T* const v = &t.v[std::size_t(a) * 3 * f + c];
      p2 = load<T>(own + 2 * f);
      vx = load<T>(v), vy = load<T>(v + f), vz = load<T>(v + 2 * f);
      const T* const self = gv + std::size_t(a) * 3 * f + c;
      wx = load<T>(self), wy = load<T>(self + f), wz = load<T>(self + 2 * f);
    }
    for (int e = 0; e < degree; ++e) {
      const std::size_t x = g.neighbor[first + e];
      const T* const u = &g.unit[std::size_t(first + e) * 3];
      const T* const filter = &scratch.filter[std::size_t(e) * 3 * f + c];
      const T* const slope = &scratch.filter_slope[std::size_t(e) * 3 * f + c];
      const T* const gx = gv + x * 3 * f + c;
      const V<T> g0 = load<T>(gs + x * f + c), g1 = load<T>(gx), g2 = load<T>(gx + f),
                 g3 = load<T>(gx + 2 * f);
      const V<T> xr = hn::NegMulAdd(
          set<T>(u[0]), g1, hn::NegMulAdd(set<T>(u[1]), g2, hn::Neg(hn::Mul(set<T>(u[2]), g3))));
      const V<T> w1 = load<T>(filter + f);
      V<T> along =
          hn::MulAdd(hn::Mul(g0, p0), load<T>(slope), hn::Mul(hn::Mul(xr, p1), load<T>(slope + f)));
      if constexpr (vectors) {
        const V<T> xv = hn::MulAdd(vx, g1, hn::MulAdd(vy, g2, hn::Mul(vz, g3)));
        const V<T> w2 = load<T>(filter + 2 * f), q = hn::Mul(p2, w2);
        along = hn::MulAdd(hn::Mul(xv, p2), load<T>(slope + 2 * f), along);
        b0 = hn::MulAdd(g0, load<T>(filter), b0);
        b1 = hn::MulAdd(xr, w1, b1);
        b2 = hn::MulAdd(xv, w2, b2);
        wx = hn::MulAdd(q, g1, wx);
        wy = hn::MulAdd(q, g2, wy);
        wz = hn::MulAdd(q, g3, wz);
      }
      const V<T> r = hn::Mul(p1, w1);
      T* const sum = sums + 4 * n * e;
      store<T>(hn::Add(load<T>(sum), along), sum);
      store<T>(hn::MulAdd(r, g1, load<T>(sum + n)), sum + n);
      store<T>(hn::MulAdd(r, g2, load<T>(sum + 2 * n)), sum + 2 * n);
      store<T>(hn::MulAdd(r, g3, load<T>(sum + 3 * n)), sum + 3 * n);
    }
    if constexpr (vectors) {
      store<T>(b0, phi_bar + c), store<T>(b1, phi_bar + f + c), store<T>(b2, phi_bar + 2 * f + c);
      store<T>(wx, v_bar + c), store<T>(wy, v_bar + f + c), store<T>(wz, v_bar + 2 * f + c);
    }
  }
  for (int e = 0; e < degree; ++e) {
    T total[4];
    for (int k = 0; k < 4; ++k)
      total[k] = hn::GetLane(hn::SumOfLanes(Tag<T>(), load<T>(sums + 4 * n * e + k * n)));
    tape.along[first + e] += total[0];
    for (int k = 0; k < 3; ++k) tape.across[std::size_t(first + e) * 3 + k] += total[k + 1];
  }
}

template <class T>
void begin_rows(const KernelWeights<T>& w, Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
                int begin, int end) {
  const int f = w.channels;
  for (int i = begin; i < end; ++i) {
    for (int e = g.first[i]; e < g.first[i + 1]; ++e) {
      radial_functions(w, g, e);
      tape.along[e] = 0;
      for (int k = 0; k < 3; ++k) tape.across[std::size_t(e) * 3 + k] = 0;
    }
    const T* const row = &w.embedding[std::size_t(g.number[i]) * f];
    std::copy(row, row + f, &tape.s[std::size_t(i) * f]);
  }
  context(w, tape, scratch, 0, begin, end);
}

template <class T>
void forward_rows(const KernelWeights<T>& w, Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch, int l,
                  int begin, int end) {
  const int f = w.channels;
  const bool last = l + 1 == static_cast<int>(w.layers.size());
  T* const v = scratch.c.data();  // [rows, 3, F]
  for (int i = begin; i < end; ++i) {
    T* const to = v + std::size_t(i - begin) * 3 * f;
    if (l == 0)
      message<T, false>(w, g, tape, scratch, l, i, to);
    else
      message<T, true>(w, g, tape, scratch, l, i, to);
  }
  update(w, tape, scratch, l, begin, end, v);
  if (!last) return context(w, tape, scratch, l + 1, begin, end);
  T* const sb = scratch.filter.data();  // [rows, F]
  readout(w, g, tape, scratch, begin, end, sb);
  update_reverse<T>(w, tape, scratch, l, begin, end, sb, nullptr);
}

template <class T>
void backward_rows(const KernelWeights<T>& w, Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
                   int l, int begin, int end) {
  const int f = w.channels, rows = end - begin;
  T* const phi_bar = scratch.b.data();  // [rows, 3F]
  T* const v_bar = scratch.c.data();    // [rows, 3, F]
  for (int a = begin; a < end; ++a) {
    const std::size_t at = std::size_t(a - begin) * 3 * f;
    if (l == 0)
      message_reverse<T, false>(w, g, tape, scratch, l, a, nullptr, nullptr);
    else
      message_reverse<T, true>(w, g, tape, scratch, l, a, phi_bar + at, v_bar + at);
  }
  if (l == 0) return;
  const auto& layer = w.layers[l];
  T* const hidden = scratch.a.data();
  multiply<T>(rows, 3 * f, f, phi_bar, 3 * f, layer.context1_t, false, hidden, f);
  multiply_by<T>(rows * f, &tape.layers[l].context_slope[std::size_t(begin) * f], hidden);
  T* const sb = scratch.filter.data();  // [rows, F]
  T* const vb = scratch.filter_slope.data();
  multiply<T>(rows, f, f, hidden, f, layer.context0_t, false, sb, f);
  const T* const gs = &tape.gs[l & 1][std::size_t(begin) * f];
  for (int i = 0; i < rows * f; i += lanes<T>)
    store<T>(hn::Add(load<T>(sb + i), load<T>(gs + i)), sb + i);
  std::copy(v_bar, v_bar + std::size_t(rows) * 3 * f, vb);
  update_reverse<T>(w, tape, scratch, l - 1, begin, end, sb, vb);
}

/// The scratch is sized for block_rows atoms and this block's largest degree.
template <class T>
void reserve(const KernelWeights<T>& w, const Graph<T>& g, Scratch<T>& scratch, int begin,
             int end) {
  const std::size_t f = w.channels, widest = std::max(w.channels, w.hidden);
  std::size_t degree = 0;
  for (int i = begin; i < end; ++i) degree = std::max<std::size_t>(degree, g.degree(i));
  const auto grow = [](Aligned<T>& array, std::size_t n) {
    if (array.size() < n) array.resize(n);
  };
  grow(scratch.a, block_rows * widest);
  grow(scratch.b, block_rows * 3 * widest);
  grow(scratch.c, block_rows * 6 * f);
  grow(scratch.filter, std::max<std::size_t>(degree * 3, block_rows) * f);
  grow(scratch.filter_slope, std::max<std::size_t>(degree * 3, block_rows * 3) * f);
  grow(scratch.lanes, degree * 4 * lanes<T>);
}

template <class T>
void run(Stage stage, int layer, const KernelWeights<T>& w, Graph<T>& g, Tape<T>& tape,
         Scratch<T>& scratch, int begin, int end) {
  for (int row = begin; row < end; row += block_rows) {
    const int stop = std::min(row + block_rows, end);
    reserve(w, g, scratch, row, stop);
    if (stage == Stage::begin) begin_rows(w, g, tape, scratch, row, stop);
    if (stage == Stage::forward) forward_rows(w, g, tape, scratch, layer, row, stop);
    if (stage == Stage::backward) backward_rows(w, g, tape, scratch, layer, row, stop);
  }
}
