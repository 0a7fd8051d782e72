// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE: what passes along
// edges.

/// Vectors of channels that go through an edge loop together.
inline constexpr int abreast = many_registers ? 2 : 1;

/// What atom j sends in the channels from c on: phi_k = [k * stride], of layer 0 by its element,
/// and v_k = [(3 + k) * stride], none in layer 0.
template <class T, bool vectors>
HWY_INLINE const T* sent_by(const KernelWeights<T>& w, const Graph<T>& g, const Tape<T>& tape,
                            int l, std::size_t j, int c) {
  if constexpr (vectors)
    return tape.layers[l].sent.at(j, 0, c);
  else
    return &w.phi0[std::size_t(g.number[j]) * 2 * w.channels + c];
}

/// Messages to atom i in the channels c0 ... c0 + 31: s += sum x^s; to `v`, [3, F]: v + sum (x^r u
/// + x^v v_j). Layer 0 has no vectors.
template <class T, bool vectors, class Filters>
HWY_INLINE void receive(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
                        const Filters& filters, int l, int c0, int i, T* v) {
  constexpr int n = lanes<T>, m = abreast;
  const int f = w.channels, stride = vectors ? panel : f;
  for (int c = c0; c < c0 + panel; c += m * n) {
    T* const s = &tape.s[std::size_t(i) * f + c];
    V<T> ds[m], x[m], y[m], z[m];
#pragma GCC unroll 2
    for (int h = 0; h < m; ++h) {
      ds[h] = load<T>(s + h * n);
      x[h] = y[h] = z[h] = zero<T>();
      if constexpr (vectors) {
        const T* const own = tape.layers[l].sent.at(i, 3, c + h * n);
        x[h] = load<T>(own), y[h] = load<T>(own + panel), z[h] = load<T>(own + 2 * panel);
      }
    }
    for (int e = g.first[i]; e < g.first[i] + g.count[i]; ++e) {
      const T* const sent = sent_by<T, vectors>(w, g, tape, l, g.neighbor[e], c);
      const auto filter = filters.of(e, false);
      const T* const u = &g.unit[std::size_t(e) * 4];
      const V<T> ux = set<T>(u[0]), uy = set<T>(u[1]), uz = set<T>(u[2]);
#pragma GCC unroll 2
      for (int h = 0; h < m; ++h) {
        const int k = h * n, at = c - c0 + k;
        ds[h] = hn::MulAdd(load<T>(sent + k), filter.w(0, at), ds[h]);
        const V<T> r = hn::Mul(load<T>(sent + stride + k), filter.w(1, at));
        x[h] = hn::MulAdd(r, ux, x[h]);
        y[h] = hn::MulAdd(r, uy, y[h]);
        z[h] = hn::MulAdd(r, uz, z[h]);
        if constexpr (vectors) {
          const V<T> q = hn::Mul(load<T>(sent + 2 * panel + k), filter.w(2, at));
          x[h] = hn::MulAdd(q, load<T>(sent + 3 * panel + k), x[h]);
          y[h] = hn::MulAdd(q, load<T>(sent + 4 * panel + k), y[h]);
          z[h] = hn::MulAdd(q, load<T>(sent + 5 * panel + k), z[h]);
        }
      }
    }
#pragma GCC unroll 2
    for (int h = 0; h < m; ++h) {
      store<T>(ds[h], s + h * n);
      store<T>(x[h], v + c + h * n);
      store<T>(y[h], v + f + c + h * n);
      store<T>(z[h], v + 2 * f + c + h * n);
    }
  }
}

/// Messages to the atoms [begin, end); to `v`, [rows, 3, F]: the vectors after them.
template <class T, bool vectors>
void messages(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
              int l, int begin, int end, T* v) {
  for_each_block(w, g, scratch, l, begin, end, false,
                 [&](const auto& filters, int c, int first, int last) HWY_ATTR {
                   for (int i = first; i < last; ++i)
                     receive<T, vectors>(w, g, tape, filters, l, c, i,
                                         v + std::size_t(i - begin) * 3 * w.channels);
                 });
  scratch.lap(Part::messages);
}

#if HWY_TARGET != HWY_SCALAR
/// to[0 ... 3] += the sum of the 128-bit blocks of x.
template <class D>
HWY_INLINE void add_blocks(D tag, hn::Vec<D> x, float* to) {
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    add_blocks(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)), to);
  } else {
    hn::StoreU(hn::Add(hn::LoadU(tag, to), x), tag, to);
  }
}

/// to[0 ... 3] += sums over the lanes of a, b, c, d.
HWY_INLINE void add_sums(V<float> a, V<float> b, V<float> c, V<float> d, float* to) {
  const Tag<float> tag;
  const hn::Repartition<double, Tag<float>> wide;
  const auto ab =
      hn::BitCast(wide, hn::Add(hn::InterleaveLower(tag, a, b), hn::InterleaveUpper(tag, a, b)));
  const auto cd =
      hn::BitCast(wide, hn::Add(hn::InterleaveLower(tag, c, d), hn::InterleaveUpper(tag, c, d)));
  add_blocks(tag,
             hn::Add(hn::BitCast(tag, hn::InterleaveLower(wide, ab, cd)),
                     hn::BitCast(tag, hn::InterleaveUpper(wide, ab, cd))),
             to);
}
#endif
template <class T>
HWY_INLINE void add_sums(V<T> a, V<T> b, V<T> c, V<T> d, T* to) {
  const V<T> all[4] = {a, b, c, d};
  for (int k = 0; k < 4; ++k) to[k] += hn::GetLane(hn::SumOfLanes(Tag<T>(), all[k]));
}

/// Reverse of the messages of layer l for atom a as the sender, in the channels c0 ... c0 + 31:
/// edge e of a is (a, x), and what is collected belongs to its reverse (x, a), whose direction is
/// -u. Out: dE/dphi to `phi_bar`, [3, F], and dE/dv to `v_bar`, [3, F] (both untouched for layer
/// 0); dE/du and dE/dd of the edges.
template <class T, bool vectors, class Filters>
HWY_INLINE void receive_reverse(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
                                const Filters& filters, int l, int c0, int a, T* phi_bar,
                                T* v_bar) {
  constexpr int n = lanes<T>, m = abreast;
  const int f = w.channels, stride = vectors ? panel : f;
  const Gathered<T, 4>& received = tape.g[l & 1];
  for (int c = c0; c < c0 + panel; c += m * n) {
    const T* const sent = sent_by<T, vectors>(w, g, tape, l, a, c);
    V<T> b0[m], b1[m], b2[m], wx[m], wy[m], wz[m];
#pragma GCC unroll 2
    for (int h = 0; h < m; ++h) b0[h] = b1[h] = b2[h] = wx[h] = wy[h] = wz[h] = zero<T>();
    for (int e = g.first[a]; e < g.first[a] + g.count[a]; ++e) {
      const auto filter = filters.of(e, true);
      const T* const u = &g.unit[std::size_t(e) * 4];
      const V<T> ux = set<T>(u[0]), uy = set<T>(u[1]), uz = set<T>(u[2]);
      const T* const gx = received.at(g.neighbor[e], 0, c);
      V<T> along = zero<T>(), sx = zero<T>(), sy = zero<T>(), sz = zero<T>();
#pragma GCC unroll 2
      for (int h = 0; h < m; ++h) {
        const int k = h * n, at = c - c0 + k;
        const V<T> g0 = load<T>(gx + k), g1 = load<T>(gx + panel + k),
                   g2 = load<T>(gx + 2 * panel + k), g3 = load<T>(gx + 3 * panel + k);
        const V<T> p0 = load<T>(sent + k), p1 = load<T>(sent + stride + k);
        const V<T> xr = hn::Neg(hn::MulAdd(ux, g1, hn::MulAdd(uy, g2, hn::Mul(uz, g3))));
        const V<T> w1 = filter.w(1, at), r = hn::Mul(p1, w1);
        along = hn::MulAdd(hn::Mul(g0, p0), filter.dw(0, at), along);
        along = hn::MulAdd(hn::Mul(xr, p1), filter.dw(1, at), along);
        sx = hn::MulAdd(r, g1, sx);
        sy = hn::MulAdd(r, g2, sy);
        sz = hn::MulAdd(r, g3, sz);
        if constexpr (vectors) {
          const V<T> p2 = load<T>(sent + 2 * panel + k);
          const V<T> w2 = filter.w(2, at), q = hn::Mul(p2, w2);
          const V<T> xv = hn::MulAdd(load<T>(sent + 3 * panel + k), g1,
                                     hn::MulAdd(load<T>(sent + 4 * panel + k), g2,
                                                hn::Mul(load<T>(sent + 5 * panel + k), g3)));
          along = hn::MulAdd(hn::Mul(xv, p2), filter.dw(2, at), along);
          b0[h] = hn::MulAdd(g0, filter.w(0, at), b0[h]);
          b1[h] = hn::MulAdd(xr, w1, b1[h]);
          b2[h] = hn::MulAdd(xv, w2, b2[h]);
          wx[h] = hn::MulAdd(q, g1, wx[h]);
          wy[h] = hn::MulAdd(q, g2, wy[h]);
          wz[h] = hn::MulAdd(q, g3, wz[h]);
        }
      }
      add_sums(sx, sy, sz, along, &tape.edge[std::size_t(e) * 4]);
    }
    if constexpr (vectors) {
      const T* const self = received.at(a, 1, c);
#pragma GCC unroll 2
      for (int h = 0; h < m; ++h) {
        const int k = h * n;
        store<T>(b0[h], phi_bar + c + k);
        store<T>(b1[h], phi_bar + f + c + k);
        store<T>(b2[h], phi_bar + 2 * f + c + k);
        store<T>(hn::Add(wx[h], load<T>(self + k)), v_bar + c + k);
        store<T>(hn::Add(wy[h], load<T>(self + panel + k)), v_bar + f + c + k);
        store<T>(hn::Add(wz[h], load<T>(self + 2 * panel + k)), v_bar + 2 * f + c + k);
      }
    }
  }
}

/// Reverse of the messages sent by the atoms [begin, end). Out: `phi_bar`, [rows, 3F], `v_bar`,
/// [rows, 3, F], and what belongs to edges.
template <class T, bool vectors>
void messages_reverse(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
                      Scratch<T>& scratch, int l, int begin, int end, T* phi_bar, T* v_bar) {
  for_each_block(w, g, scratch, l, begin, end, true,
                 [&](const auto& filters, int c, int first, int last) HWY_ATTR {
                   for (int a = first; a < last; ++a) {
                     const std::size_t at = std::size_t(a - begin) * 3 * w.channels;
                     receive_reverse<T, vectors>(w, g, tape, filters, l, c, a, phi_bar + at,
                                                 v_bar + at);
                   }
                 });
  scratch.lap(Part::messages_reverse);
}
