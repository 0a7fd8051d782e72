// Included once for each kind of processor, inside md::painn::HWY_NAMESPACE.

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using V = hn::Vec<Tag<T>>;
template <class T>
inline constexpr int lanes = HWY_MAX_BYTES / static_cast<int>(sizeof(T));

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

/// Rows of C that are computed together: as many as leave room in the registers.
inline constexpr int tile_rows = HWY_TARGET <= HWY_AVX3 ? 12 : 5;

/// C[r, 0 ... 2 vectors) = bias + A[r, :] B for `R` rows; b is a panel, 32 columns wide.
template <int R, class T>
HWY_INLINE void multiply_tile(int depth, const T* a, int stride_a, const T* b, const T* bias, T* c,
                              int stride_c) {
  constexpr int n = lanes<T>;
  V<T> left[R], right[R];
  for (int r = 0; r < R; ++r) {
    left[r] = bias ? load<T>(bias) : zero<T>();
    right[r] = bias ? load<T>(bias + n) : zero<T>();
  }
  for (int k = 0; k < depth; ++k) {
    const V<T> b0 = load<T>(b + k * panel), b1 = load<T>(b + k * panel + n);
    for (int r = 0; r < R; ++r) {
      const V<T> x = set<T>(a[static_cast<std::size_t>(r) * stride_a + k]);
      left[r] = hn::MulAdd(x, b0, left[r]);
      right[r] = hn::MulAdd(x, b1, right[r]);
    }
  }
  for (int r = 0; r < R; ++r) {
    store<T>(left[r], c + static_cast<std::size_t>(r) * stride_c);
    store<T>(right[r], c + static_cast<std::size_t>(r) * stride_c + n);
  }
}

template <int R, class T, class... Arguments>
HWY_INLINE void multiply_rows(int rows, Arguments... arguments) {
  if constexpr (R > 0) {
    if (rows == R) return multiply_tile<R, T>(arguments...);
    multiply_rows<R - 1, T>(rows, arguments...);
  }
}

/// C = A B + bias, A [rows, depth] with depth <= B.rows, the first `columns` columns of B. The
/// additions for an element are in the order of k, whatever the number of rows.
template <class T>
void multiply(int rows, int depth, int columns, const T* a, int stride_a, const PackedMatrix<T>& b,
              bool with_bias, T* c, int stride_c) {
  const int tiles = (rows + tile_rows - 1) / tile_rows;
  for (int column = 0; column < columns; column += 2 * lanes<T>) {
    const T* const from = b.panel_of(column) + column % panel;
    const T* const bias = with_bias ? b.bias.data() + column : nullptr;
    for (int t = 0, row = 0; t < tiles; ++t) {
      const int now = (rows - row) / (tiles - t);  // tiles of about equal height
      multiply_rows<tile_rows, T>(now, depth, a + static_cast<std::size_t>(row) * stride_a,
                                  stride_a, from, bias,
                                  c + static_cast<std::size_t>(row) * stride_c + column, stride_c);
      row += now;
    }
  }
}
