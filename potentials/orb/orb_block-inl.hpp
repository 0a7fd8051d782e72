// Included once for each kind of processor, inside md::orb::HWY_NAMESPACE: a dense layer with its
// activation, a block of three with its layer norm, a head.

/// log(1 + y), 0 <= y <= 1. In float32 y P(y) with P through the Chebyshev points; error of the
/// polynomial 2e-8.
HWY_INLINE V<double> log_one_plus(V<double> y) { return hn::Log1p(Tag<double>(), y); }
HWY_INLINE V<float> log_one_plus(V<float> y) {
  constexpr float p[9] = {0.999999966f,  -0.49999445f,  0.333181217f,   -0.24835399f,  0.190768807f,
                          -0.136022476f, 0.0775160868f, -0.0290740647f, 0.00512610214f};
  V<float> sum = set<float>(p[8]);
  for (int k = 7; k >= 0; --k) sum = hn::MulAdd(sum, y, set<float>(p[k]));
  return hn::Mul(sum, y);
}

/// Shifted softplus log(1 + exp(x)) - log 2, the softplus being x itself above 20, as PyTorch has
/// it. log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).
template <class T>
HWY_INLINE V<T> shifted_softplus(V<T> x) {
  const V<T> curved = log_one_plus(hn::Exp(Tag<T>(), hn::Neg(hn::Abs(x))));
  const V<T> rest = hn::IfThenElse(hn::Gt(x, set<T>(20)), zero<T>(), curved);
  return hn::Add(hn::Sub(rest, set<T>(std::numbers::ln2_v<T>)), hn::Max(x, zero<T>()));
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
  for (int column = 0; column < width; column += panel) {
    multiply<T>(rows, b.rows, panel, a, stride_a, b.from(column), Store<T>{c + column, stride_c});
    for (int r = 0; r < rows; ++r) {
      T* const to = c + static_cast<std::size_t>(r) * stride_c + column;
      const T *from = nullptr, *at = nullptr;
      if (added.data) {
        from = added.data + static_cast<std::size_t>(added.sender[r]) * 2 * width + column;
        at = added.data + static_cast<std::size_t>(added.receiver[r]) * 2 * width + width + column;
      }
      for (int k = 0; k < panel; k += lanes<T>) {
        V<T> x = load<T>(to + k);
        if (added.data) x = hn::Add(x, hn::Add(load<T>(from + k), load<T>(at + k)));
        store<T>(shifted_softplus<T>(x), to + k);
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
