// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE: W(d) of an edge and
// dW/dd for a block of 32 channels.

/// A filter evaluated in registers from the spline table.
template <class T>
struct SplineFilter {
  const T* row;
  V<T> value[4], slope[4];

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

/// The filters of a block of channels, each edge by itself.
template <class T>
struct SplineFilters {
  const Graph<T>& g;
  const T* block;

  HWY_INLINE SplineFilter<T> of(int e, bool with_slope) const {
    SplineFilter<T> filter;
    filter.row = block + static_cast<std::size_t>(g.interval[e]) * FilterTable<T>::row;
    const T* const k = &g.spline[std::size_t(e) * 8];
    for (int i = 0; i < 4; ++i) filter.value[i] = set<T>(k[i]);
    if (with_slope)
      for (int i = 0; i < 4; ++i) filter.slope[i] = set<T>(k[4 + i]);
    return filter;
  }
};

/// A filter that was evaluated exactly before.
template <class T>
struct StoredFilter {
  const T *value, *slope;
  HWY_INLINE V<T> w(int part, int c) const { return load<T>(value + part * panel + c); }
  HWY_INLINE V<T> dw(int part, int c) const { return load<T>(slope + part * panel + c); }
};

/// The filters of a run in a block of channels, each pair once.
template <class T>
struct StoredFilters {
  const Graph<T>& g;
  const T *value, *slope;

  HWY_INLINE StoredFilter<T> of(int e, bool) const {
    const std::size_t at = static_cast<std::size_t>(g.slot[e]) * 3 * panel;
    return {value + at, slope + at};
  }
};

/// Evaluates the filters of a run exactly.
template <class T>
void store_exact(const KernelWeights<T>& w, const Graph<T>& g, Scratch<T>& scratch, int l, int c,
                 const typename Graph<T>::Run& run, bool with_slope) {
  const int k = w.n_radial + 1;
  const std::size_t at = std::size_t(run.first_edge) * k;
  for (int part = 0; part < (l == 0 ? 2 : 3); ++part) {
    const MatrixView<T> columns = w.layers[l].filter.from(part * w.channels + c);
    multiply<T>(run.n_slots, k, panel, &g.basis[at], k, columns,
                Store<T>{scratch.filter.data() + part * panel, 3 * panel});
    if (with_slope)
      multiply<T>(run.n_slots, k, panel, &g.slope[at], k, columns,
                  Store<T>{scratch.filter_slope.data() + part * panel, 3 * panel});
  }
}

/// Calls visit(filters, c, first, last) for every block of channels c ... c + 31 and all atoms of
/// [begin, end), exact filters run by run. Blocks are the outer loop, so that what a block needs of
/// tables and features stays in the cache.
template <class T, class Visit>
HWY_INLINE void for_each_block(const KernelWeights<T>& w, const Graph<T>& g, Scratch<T>& scratch,
                               int l, int begin, int end, bool with_slope, const Visit& visit) {
  for (int c = 0; c < w.channels; c += panel) {
    if (w.tabulated()) {
      visit(SplineFilters<T>{g, w.table.block(l, c / panel)}, c, begin, end);
      continue;
    }
    for (int i = begin; i < end; i = g.run[i].end) {
      store_exact(w, g, scratch, l, c, g.run[i], with_slope);
      visit(StoredFilters<T>{g, scratch.filter.data(), scratch.filter_slope.data()}, c, i,
            g.run[i].end);
    }
  }
}
