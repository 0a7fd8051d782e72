// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE: what passes along
// edges. A filter gives W(d) of an edge, and its derivative, for a block of 32 channels; blocks are
// the outermost loop, so that what a block needs of tables and features stays in the cache.

/// From the spline table, evaluated in registers.
template <class T>
struct TableFilter {
  static constexpr bool tabulated = true;
  const T* row;
  V<T> value[4], slope[4];

  HWY_INLINE TableFilter(const Graph<T>& g, const T* block, int e, bool with_slope) {
    row = block + static_cast<std::size_t>(g.interval[e]) * FilterTable<T>::row;
    const T* const k = &g.spline[std::size_t(e) * 8];
    for (int i = 0; i < 4; ++i) value[i] = set<T>(k[i]);
    if (with_slope)
      for (int i = 0; i < 4; ++i) slope[i] = set<T>(k[4 + i]);
  }
  HWY_INLINE V<T> sum(const V<T>* weight, int at) const {
    constexpr int next = FilterTable<T>::row;
    const T* const p = row + at;
    V<T> x = hn::Mul(weight[0], load<T>(p));
    x = hn::MulAdd(weight[1], load<T>(p + next), x);
    x = hn::MulAdd(weight[2], load<T>(p + 2 * next), x);
    return hn::MulAdd(weight[3], load<T>(p + 3 * next), x);
  }
  HWY_INLINE V<T> w(int part, int c) const { return sum(value, part * panel + c); }
  HWY_INLINE V<T> dw(int part, int c) const { return sum(slope, part * panel + c); }
};

/// From the radial functions, evaluated for all edges of a center beforehand.
template <class T>
struct ExactFilter {
  static constexpr bool tabulated = false;
  const T *value, *slope;

  HWY_INLINE ExactFilter(const Scratch<T>& scratch, int k)
      : value(scratch.filter.data() + std::size_t(k) * 3 * panel),
        slope(scratch.filter_slope.data() + std::size_t(k) * 3 * panel) {}
  HWY_INLINE V<T> w(int part, int c) const { return load<T>(value + part * panel + c); }
  HWY_INLINE V<T> dw(int part, int c) const { return load<T>(slope + part * panel + c); }
};

/// Exact filters W (and dW/dd) of the edges of atom i in the block of channels c ... c + 31.
template <class T>
void exact_filters(const KernelWeights<T>& w, const Graph<T>& g, Scratch<T>& scratch, int l, int i,
                   int c, bool slope) {
  const int k = w.n_radial + 1;
  const std::size_t at = std::size_t(g.first[i]) * k;
  for (int part = 0; part < (l == 0 ? 2 : 3); ++part) {
    const MatrixView<T> columns = w.layers[l].filter.from(part * w.channels + c);
    multiply<T>(g.count[i], k, panel, &g.basis[at], k, columns,
                Store<T>{scratch.filter.data() + part * panel, 3 * panel});
    if (slope)
      multiply<T>(g.count[i], k, panel, &g.slope[at], k, columns,
                  Store<T>{scratch.filter_slope.data() + part * panel, 3 * panel});
  }
}

/// The filter of the k-th edge of a center, edge e of the graph.
template <class Filter, class T>
HWY_INLINE Filter filter_of(const Graph<T>& g, const Scratch<T>& scratch, const T* block, int e,
                            int k, bool slope) {
  if constexpr (Filter::tabulated)
    return Filter(g, block, e, slope);
  else
    return Filter(scratch, k);
}

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

/// Messages to the atoms [begin, end): s += sum x^s; to `v`, [rows, 3, F]: v + sum (x^r u + x^v
/// v_j). Layer 0 has no vectors.
template <class T, class Filter, bool vectors>
void messages(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
              int l, int begin, int end, T* v) {
  constexpr int n = lanes<T>, m = abreast;
  const int f = w.channels, stride = vectors ? panel : f;
  for (int c0 = 0; c0 < f; c0 += panel) {
    const T* const block = Filter::tabulated ? w.table.block(l, c0 / panel) : nullptr;
    for (int i = begin; i < end; ++i) {
      const int first = g.first[i], count = g.count[i];
      if constexpr (!Filter::tabulated) exact_filters(w, g, scratch, l, i, c0, false);
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
        for (int e = first; e < first + count; ++e) {
          const std::size_t j = g.neighbor[e];
          const T* const sent = sent_by<T, vectors>(w, g, tape, l, j, c);
          const auto filter = filter_of<Filter>(g, scratch, block, e, e - first, false);
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
        T* const to = v + std::size_t(i - begin) * 3 * f + c;
#pragma GCC unroll 2
        for (int h = 0; h < m; ++h) {
          store<T>(ds[h], s + h * n);
          store<T>(x[h], to + h * n);
          store<T>(y[h], to + f + h * n);
          store<T>(z[h], to + 2 * f + h * n);
        }
      }
    }
  }
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

/// Reverse of the messages of layer l for the atoms [begin, end) as senders: edge e of atom a is
/// (a, x), and what is collected belongs to its reverse (x, a), whose direction is -u. Out: dE/dphi
/// to `phi_bar`, [rows, 3F], and dE/dv to `v_bar`, [rows, 3, F] (both untouched for layer 0);
/// dE/du and dE/dd of the edges.
template <class T, class Filter, bool vectors>
void messages_reverse(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape,
                      Scratch<T>& scratch, int l, int begin, int end, T* phi_bar, T* v_bar) {
  constexpr int n = lanes<T>, m = abreast;
  const int f = w.channels, stride = vectors ? panel : f;
  const Gathered<T, 4>& received = tape.g[l & 1];
  for (int c0 = 0; c0 < f; c0 += panel) {
    const T* const block = Filter::tabulated ? w.table.block(l, c0 / panel) : nullptr;
    for (int a = begin; a < end; ++a) {
      const int first = g.first[a], count = g.count[a];
      if constexpr (!Filter::tabulated) exact_filters(w, g, scratch, l, a, c0, true);
      for (int c = c0; c < c0 + panel; c += m * n) {
        const T* const sent = sent_by<T, vectors>(w, g, tape, l, a, c);
        V<T> b0[m], b1[m], b2[m], wx[m], wy[m], wz[m];
#pragma GCC unroll 2
        for (int h = 0; h < m; ++h) b0[h] = b1[h] = b2[h] = wx[h] = wy[h] = wz[h] = zero<T>();
        for (int e = first; e < first + count; ++e) {
          const std::size_t x = g.neighbor[e];
          const auto filter = filter_of<Filter>(g, scratch, block, e, e - first, true);
          const T* const u = &g.unit[std::size_t(e) * 4];
          const V<T> ux = set<T>(u[0]), uy = set<T>(u[1]), uz = set<T>(u[2]);
          const T* const gx = received.at(x, 0, c);
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
          T* const pb = phi_bar + std::size_t(a - begin) * 3 * f + c;
          T* const vb = v_bar + std::size_t(a - begin) * 3 * f + c;
          const T* const self = received.at(a, 1, c);
#pragma GCC unroll 2
          for (int h = 0; h < m; ++h) {
            const int k = h * n;
            store<T>(b0[h], pb + k), store<T>(b1[h], pb + f + k), store<T>(b2[h], pb + 2 * f + k);
            store<T>(hn::Add(wx[h], load<T>(self + k)), vb + k);
            store<T>(hn::Add(wy[h], load<T>(self + panel + k)), vb + f + k);
            store<T>(hn::Add(wz[h], load<T>(self + 2 * panel + k)), vb + 2 * f + k);
          }
        }
      }
    }
  }
}
