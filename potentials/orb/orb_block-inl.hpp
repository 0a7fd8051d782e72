// Included once for each kind of processor, inside md::orb::HWY_NAMESPACE: a dense layer with its
// activation, a block of three with its layer norm, a head.

/// Shifted softplus log(1 + exp(x)) - log 2, the softplus being x itself above 20, as PyTorch has
/// it. log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).
HWY_INLINE V<double> shifted_softplus(V<double> x) {
  const Tag<double> d;
  const auto curved = hn::Log1p(d, hn::Exp(d, hn::Neg(hn::Abs(x))));
  const auto rest = hn::IfThenElse(hn::Gt(x, hn::Set(d, 20)), hn::Zero(d), curved);
  return hn::Add(hn::Sub(rest, hn::Set(d, std::numbers::ln2)), hn::Max(x, hn::Zero(d)));
}

/// p[0] + p[1] x + ... + p[n] x^n.
template <std::size_t n>
HWY_INLINE V<float> polynomial(const float (&p)[n], V<float> x) {
  V<float> sum = set<float>(p[n - 1]);
#pragma GCC unroll 16
  for (int k = static_cast<int>(n) - 2; k >= 0; --k) sum = hn::MulAdd(sum, x, set<float>(p[k]));
  return sum;
}

/// In float32 within 2e-7 (1e-7 of x where that is larger); above 20 what is left out is far below
/// the rounding of x. exp(-|x|) = 2^n 2^f with |f| <= 1/2; both polynomials go through the
/// Chebyshev points, with errors of 7e-8 of 2^f and 2e-8 of log(1 + y), 0 <= y <= 1.
HWY_INLINE V<float> shifted_softplus(V<float> x) {
  constexpr float exp2[6] = {1.00000008f,   0.693147188f,   0.240221075f,
                             0.0555035711f, 0.00967603192f, 0.00133908634f};
  constexpr float log1p[9] = {0.999999966f,  -0.49999445f,   0.333181217f,
                              -0.24835399f,  0.190768807f,   -0.136022476f,
                              0.0775160868f, -0.0290740647f, 0.00512610214f};
  const hn::RebindToSigned<Tag<float>> di;
  const V<float> t =
      hn::Max(hn::Mul(hn::Abs(x), set<float>(-std::numbers::log2e_v<float>)), set<float>(-125));
  const V<float> n = hn::Round(t);
  const V<float> scaled = polynomial(exp2, hn::Sub(t, n));
  const V<float> y = hn::BitCast(
      Tag<float>(), hn::Add(hn::BitCast(di, scaled), hn::ShiftLeft<23>(hn::ConvertTo(di, n))));
  const V<float> curved =
      hn::MulAdd(polynomial(log1p, y), y, set<float>(-std::numbers::ln2_v<float>));
  return hn::Add(curved, hn::Max(zero<float>(), x));  // in this order a NaN stays one
}

template <class T>
HWY_INLINE T sum_of(V<T> x) {
  return hn::GetLane(hn::SumOfLanes(Tag<T>(), x));
}

/// What is added to every row of a product before its activation: row sender[r] of `projected`
/// ([.., 2 m]) and the second half of row receiver[r]. Null: nothing.
template <class T>
struct Projected {
  const T* data = nullptr;
  const int *sender = nullptr, *receiver = nullptr;
};

/// c [rows, columns of b] = ssp(a b + bias + added), rows of c lie `stride_c` apart.
template <class T>
void dense_softplus(int rows, const T* a, int stride_a, const PackedMatrix<T>& b,
                    const Projected<T>& added, T* c, int stride_c) {
  const int width = b.columns;
  constexpr std::size_t line = 64 / sizeof(T);
  for (int column = 0; column < width; column += panel) {
    multiply<T>(rows, b.rows, panel, a, stride_a, b.from(column), Store<T>{c + column, stride_c});
    // The weights of the next columns come while nothing else is read from far away.
    const T* const next_panel = b.data.data() + static_cast<std::size_t>(column + panel) * b.rows;
    const std::size_t panel_size = column + panel < width ? std::size_t{panel} * b.rows : 0;
    for (int r = 0; r < rows; ++r) {
      for (std::size_t k = panel_size * r / rows / line * line; k < panel_size * (r + 1) / rows;
           k += line)
        __builtin_prefetch(next_panel + k, 0, 2);
      T* const to = c + static_cast<std::size_t>(r) * stride_c + column;
      const T *from = nullptr, *at = nullptr;
      if (added.data) {
        from = added.data + static_cast<std::size_t>(added.sender[r]) * 2 * width + column;
        at = added.data + static_cast<std::size_t>(added.receiver[r]) * 2 * width + width + column;
        // Senders follow one another, receivers lie anywhere: fetched some rows ahead.
        const int later = added.receiver[std::min(r + 6, rows - 1)];
        const T* const next =
            added.data + static_cast<std::size_t>(later) * 2 * width + width + column;
        for (int k = 0; k < panel; k += 64 / sizeof(T)) __builtin_prefetch(next + k);
      }
      for (int k = 0; k < panel; k += lanes<T>) {
        V<T> x = load<T>(to + k);
        if (added.data) x = hn::Add(x, hn::Add(load<T>(from + k), load<T>(at + k)));
        store<T>(shifted_softplus(x), to + k);
      }
    }
  }
}

/// The layer norm of a row of d numbers, in place; what pads it stays zero.
template <class T>
void normalise(const Weights<T>& w, const Block<T>& block, T* x) {
  V<T> sum = zero<T>(), squares = zero<T>();
  for (int k = 0; k < w.channels; k += lanes<T>) sum = hn::Add(sum, load<T>(x + k));
  const T mean = sum_of<T>(sum) / static_cast<T>(w.true_channels);
  for (int k = 0; k < w.channels; k += lanes<T>) {
    const auto here = hn::FirstN(
        Tag<T>(), static_cast<std::size_t>(std::clamp(w.true_channels - k, 0, lanes<T>)));
    const V<T> off = hn::IfThenElseZero(here, hn::Sub(load<T>(x + k), set<T>(mean)));
    squares = hn::MulAdd(off, off, squares);
    store<T>(off, x + k);
  }
  const T variance = sum_of<T>(squares) / static_cast<T>(w.true_channels);
  const V<T> factor = set<T>(1 / std::sqrt(variance + static_cast<T>(1e-5)));
  for (int k = 0; k < w.channels; k += lanes<T>) {
    const V<T> scale = hn::Mul(factor, load<T>(block.scale.data() + k));
    store<T>(hn::MulAdd(load<T>(x + k), scale, load<T>(block.shift.data() + k)), x + k);
  }
}

/// s.c = the block of x [rows <= most_rows, stride].
template <class T>
void run_block(const Weights<T>& w, const Block<T>& block, int rows, const T* x, int stride,
               const Projected<T>& added, Scratch<T>& s) {
  dense_softplus<T>(rows, x, stride, block.first, added, s.a.data(), s.wide);
  dense_softplus<T>(rows, s.a.data(), s.wide, block.second, {}, s.b.data(), s.wide);
  multiply<T>(rows, block.third.rows, w.channels, s.b.data(), s.wide, block.third,
              Store<T>{s.c.data(), s.narrow});
  for (int r = 0; r < rows; ++r)
    normalise(w, block, s.c.data() + static_cast<std::size_t>(r) * s.narrow);
}

template <class T>
void block_in_place(const Weights<T>& w, const Block<T>& block, int rows, T* x, Scratch<T>& s) {
  for (int r = 0; r < rows; r += most_rows) {
    const int now = std::min(most_rows, rows - r);
    T* const at = x + static_cast<std::size_t>(r) * w.channels;
    run_block<T>(w, block, now, at, w.channels, {}, s);
    for (int k = 0; k < now; ++k) {
      const T* const from = s.c.data() + static_cast<std::size_t>(k) * s.narrow;
      std::copy(from, from + w.channels, at + static_cast<std::size_t>(k) * w.channels);
    }
  }
}

template <class T>
void run_head(const Weights<T>& w, const Head<T>& head, int rows, const T* x, Scratch<T>& s,
              double* y) {
  const int width = head.hidden.columns;
  for (int first = 0; first < rows; first += most_rows) {
    const int now = std::min(most_rows, rows - first);
    dense_softplus<T>(now, x + static_cast<std::size_t>(first) * w.channels, w.channels,
                      head.hidden, {}, s.a.data(), s.wide);
    for (int r = 0; r < now; ++r)
      for (int k = 0; k < head.outputs; ++k) {
        const T* const a = s.a.data() + static_cast<std::size_t>(r) * s.wide;
        const T* const weight = head.weight.data() + static_cast<std::size_t>(k) * width;
        V<T> sum = zero<T>();
        for (int c = 0; c < width; c += lanes<T>)
          sum = hn::MulAdd(load<T>(a + c), load<T>(weight + c), sum);
        y[static_cast<std::size_t>(first + r) * head.outputs + k] =
            (sum_of<T>(sum) + head.bias[k]) * head.deviation + head.mean;
      }
  }
}
