// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE: vectors and matrix
// products.

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using V = hn::Vec<Tag<T>>;
template <class T>
inline constexpr int lanes = static_cast<int>(hn::MaxLanes(Tag<T>()));

template <class T>
HWY_INLINE V<T> load(const T* p) {
  return hn::LoadU(Tag<T>(), p);
}
template <class T>
HWY_INLINE void store(V<T> x, T* p) {
  hn::StoreU(x, Tag<T>(), p);
}
template <class T>
HWY_INLINE V<T> set(T x) {
  return hn::Set(Tag<T>(), x);
}
template <class T>
HWY_INLINE V<T> zero() {
  return hn::Zero(Tag<T>());
}

inline constexpr bool many_registers = HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64;  // 32, not 16

/// Rows of C that are computed together: as many as leave room in the registers.
inline constexpr int tile_rows = many_registers ? 12 : 6;

/// C = bias + A B for `R` rows and two vectors of columns; b is a panel, 32 columns wide. A
/// function of its own, for all uses of a product: compiled for every one of them, it would be most
/// of the compile time.
template <int R, class T>
HWY_NOINLINE void multiply_tile(int depth, const T* a, int stride_a, const T* b, const T* bias,
                                T* c, int stride_c) {
  constexpr int n = lanes<T>;
  V<T> left[R], right[R];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    left[r] = bias ? load<T>(bias) : zero<T>();
    right[r] = bias ? load<T>(bias + n) : zero<T>();
  }
  for (int k = 0; k < depth; ++k) {
    const V<T> b0 = load<T>(b + k * panel), b1 = load<T>(b + k * panel + n);
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const V<T> x = set<T>(a[static_cast<std::size_t>(r) * stride_a + k]);
      left[r] = hn::MulAdd(x, b0, left[r]);
      right[r] = hn::MulAdd(x, b1, right[r]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    store<T>(left[r], c + static_cast<std::size_t>(r) * stride_c);
    store<T>(right[r], c + static_cast<std::size_t>(r) * stride_c + n);
  }
}

template <int R, class T, class... Arguments>
HWY_INLINE void multiply_rows(int rows, const Arguments&... arguments) {
  if constexpr (R > 0) {
    if (rows == R) return multiply_tile<R, T>(arguments...);
    multiply_rows<R - 1, T>(rows, arguments...);
  }
}

/// What is done with the elements of a product: finish(row, column, vector). This one stores them.
template <class T>
struct Store {
  T* c;
  int stride;
};

/// finish(row, column, vector) for every element of A B + bias, A [rows, depth], depth <= B.rows,
/// the first `columns` columns of B. The additions for an element are in the order of k, whatever
/// the number of rows.
template <class T, class Finish>
HWY_INLINE void multiply(int rows, int depth, int columns, const T* a, int stride_a,
                         const MatrixView<T>& b, const Finish& finish) {
  constexpr int n = lanes<T>;
  const int tiles = (rows + tile_rows - 1) / tile_rows;
  for (int column = 0; column < columns; column += 2 * n) {
    const T* const from = b.panel_of(column) + column % panel;
    const T* const bias = b.bias ? b.bias + column : nullptr;
    for (int t = 0, row = 0; t < tiles; ++t) {
      const int now = (rows - row) / (tiles - t);  // tiles of about equal height
      const T* const first = a + static_cast<std::size_t>(row) * stride_a;
      if constexpr (std::is_same_v<Finish, Store<T>>) {
        T* const c = finish.c + static_cast<std::size_t>(row) * finish.stride + column;
        multiply_rows<tile_rows, T>(now, depth, first, stride_a, from, bias, c, finish.stride);
      } else {
        HWY_ALIGN T tile[tile_rows * 2 * n];
        T* const c = tile;
        multiply_rows<tile_rows, T>(now, depth, first, stride_a, from, bias, c, 2 * n);
        for (int r = 0; r < now; ++r) {
          finish(row + r, column, load<T>(tile + r * 2 * n));
          finish(row + r, column + n, load<T>(tile + (r * 2 + 1) * n));
        }
      }
      row += now;
    }
  }
}

/// The product times `factor`, of the same shape.
template <class T>
struct StoreTimes {
  T* c;
  const T* factor;
  int stride;
  HWY_INLINE void operator()(int row, int column, V<T> x) const {
    const std::size_t at = static_cast<std::size_t>(row) * stride + column;
    store<T>(hn::Mul(x, load<T>(factor + at)), c + at);
  }
};

/// silu(x) = x / (1 + exp(-x)) to c, its derivative to `slope`.
template <class T>
struct StoreSilu {
  T *c, *slope;
  int stride;
  HWY_INLINE void operator()(int row, int column, V<T> x) const {
    const std::size_t at = static_cast<std::size_t>(row) * stride + column;
    const V<T> one = set<T>(1);
    // hn::Exp is not defined where the exponential overflows.
    const V<T> power = hn::Min(hn::Neg(x), set<T>(sizeof(T) == 4 ? 80 : 700));
    const V<T> sigma = hn::Div(one, hn::Add(one, hn::Exp(Tag<T>(), power)));
    store<T>(hn::Mul(x, sigma), c + at);
    store<T>(hn::Mul(sigma, hn::MulAdd(x, hn::Sub(one, sigma), one)), slope + at);
  }
};
