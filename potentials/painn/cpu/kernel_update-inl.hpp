// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE: what happens to each
// atom by itself. Equations as in torch_painn.cpp; x_bar = dE/dx.

/// A product [rows, 3F] as phi of the atoms from `begin` on.
template <class T>
struct StorePhi {
  Gathered<T, 6>& sent;
  int begin, channels;
  HWY_INLINE void operator()(int row, int column, V<T> x) const {
    store<T>(x, sent.at(begin + row, column / channels, column % channels));
  }
};

/// dE/ds' of the atoms from `begin` on plus a product [rows, F], to c, [rows, F].
template <class T>
struct StorePlusGs {
  T* c;
  const Gathered<T, 4>& g;
  int begin, channels;
  HWY_INLINE void operator()(int row, int column, V<T> x) const {
    store<T>(hn::Add(x, load<T>(g.at(begin + row, 0, column))),
             c + static_cast<std::size_t>(row) * channels + column);
  }
};

/// A product [rows, 3, F] plus `term` of the same shape, where there is one, as dE/dv'.
template <class T>
struct StoreGv {
  Gathered<T, 4>& g;
  const T* term;
  int begin, channels;
  HWY_INLINE void operator()(int row, int column, V<T> x) const {
    if (term) x = hn::Add(x, load<T>(term + static_cast<std::size_t>(row) * channels + column));
    store<T>(x, g.at(begin + row / 3, 1 + row % 3, column));
  }
};

/// phi of layer l from s, rows [begin, end).
template <class T>
void context(const KernelWeights<T>& w, Tape<T>& tape, Scratch<T>& scratch, int l, int begin,
             int end) {
  const int f = w.channels, rows = end - begin;
  const auto& layer = w.layers[l];
  auto& t = tape.layers[l];
  multiply<T>(rows, f, f, &tape.s[std::size_t(begin) * f], f, layer.context0,
              StoreSilu<T>{scratch.a.data(), &t.context_slope[std::size_t(begin) * f], f});
  multiply<T>(rows, f, 3 * f, scratch.a.data(), f, layer.context1, StorePhi<T>{t.sent, begin, f});
}

/// Reverse of the context network of layer l and its sum with what passes it by. In: dE/dphi in
/// `phi_bar`, [rows, 3F]. Out: dE/ds of the layer's input to `s_bar`, [rows, F].
template <class T>
void context_reverse(const KernelWeights<T>& w, Tape<T>& tape, Scratch<T>& scratch, int l,
                     int begin, int end, const T* phi_bar, T* s_bar) {
  const int f = w.channels, rows = end - begin;
  const auto& layer = w.layers[l];
  const std::size_t at = std::size_t(begin) * f;
  multiply<T>(rows, 3 * f, f, phi_bar, 3 * f, layer.context1_t,
              StoreTimes<T>{scratch.a.data(), &tape.layers[l].context_slope[at], f});
  multiply<T>(rows, f, f, scratch.a.data(), f, layer.context0_t,
              StorePlusGs<T>{s_bar, tape.g[l & 1], begin, f});
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
  multiply<T>(3 * rows, f, 2 * f, v, f, layer.channel_mix, Store<T>{vu, 2 * f});
  scratch.lap(Part::products);
  T* const joined = scratch.b.data();  // [rows, 2F]: s, |V|
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < f; c += lanes<T>) {
      const T* const p = vu + std::size_t(r) * 6 * f + c;
      V<T> square = set<T>(w.epsilon), product = zero<T>();
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
  scratch.lap(Part::elementwise);
  multiply<T>(rows, 2 * f, f, joined, 2 * f, layer.mixing0,
              StoreSilu<T>{scratch.a.data(), &t.mixing_slope[std::size_t(begin) * f], f});
  T* const parts = scratch.b.data();  // [rows, 3F]: ss, sv, vv
  multiply<T>(rows, f, last ? 2 * f : 3 * f, scratch.a.data(), f, layer.mixing1,
              Store<T>{parts, 3 * f});
  scratch.lap(Part::products);
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
                 tape.layers[l + 1].sent.at(begin + r, 3 + k, c));
      }
    }
  scratch.lap(Part::elementwise);
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
  scratch.lap(Part::elementwise);
  multiply<T>(rows, n_parts * f, f, parts, 3 * f, layer.mixing1_t,
              StoreTimes<T>{scratch.a.data(), &t.mixing_slope[std::size_t(begin) * f], f});
  T* const joined = scratch.b.data();  // [rows, 2F]: dE/d(s', |V|)
  multiply<T>(rows, f, 2 * f, scratch.a.data(), f, layer.mixing0_t, Store<T>{joined, 2 * f});
  scratch.lap(Part::products);
  T* const vu = scratch.c.data();  // [rows, 3, 2F]: dE/d(V, U)
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < f; c += lanes<T>) {
      const std::size_t at = std::size_t(begin + r) * f + c;
      const V<T> s = load<T>(sb + std::size_t(r) * f + c);
      const V<T> dot = hn::Mul(s, load<T>(&t.a_sv[at]));
      const V<T> over =
          hn::Div(load<T>(joined + std::size_t(r) * 2 * f + f + c), load<T>(&t.norm[at]));
      store<T>(hn::Add(s, load<T>(joined + std::size_t(r) * 2 * f + c)),
               tape.g[l & 1].at(begin + r, 0, c));
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
  scratch.lap(Part::elementwise);
  multiply<T>(3 * rows, 2 * f, f, vu, 2 * f, layer.channel_mix_t,
              StoreGv<T>{tape.g[l & 1], vb, begin, f});
  scratch.lap(Part::products);
}

/// Energies of the rows and, to `sb`, dE/ds.
template <class T>
void readout(const KernelWeights<T>& w, const Graph<T>& g, Tape<T>& tape, Scratch<T>& scratch,
             int begin, int end, T* sb) {
  const int f = w.channels, h = w.hidden, rows = end - begin;
  T* const hidden = scratch.a.data();
  T* const slope = scratch.b.data();
  multiply<T>(rows, f, h, &tape.s[std::size_t(begin) * f], f, w.head0,
              StoreSilu<T>{hidden, slope, h});
  if (tape.features) std::copy(hidden, hidden + rows * h, tape.features + std::size_t(begin) * h);
  for (int r = 0; r < rows; ++r) {
    const int z = g.number[begin + r];
    double y = w.head1_bias;
    for (int c = 0; c < h; ++c) y += double(w.head1[c]) * double(hidden[r * h + c]);
    tape.energy[begin + r] = w.scale[z] * y + w.shift[z];
    for (int c = 0; c < h; ++c) slope[r * h + c] *= static_cast<T>(w.scale[z]) * w.head1[c];
  }
  multiply<T>(rows, h, f, slope, h, w.head0_t, Store<T>{sb, f});
  scratch.lap(Part::readout);
}
