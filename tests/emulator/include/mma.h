#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

// Tiles of tensor cores: element e of a tile, counted by rows, is number e / 32 of lane e % 32.

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
enum layout_t { mem_row_major, mem_col_major };
namespace precision {
struct tf32 {};
}  // namespace precision

template <class T>
struct Storage {
  using Type = T;
};
template <>
struct Storage<precision::tf32> {
  using Type = float;
};

template <class Use, int m, int n, int k>
struct TileSize;
template <int m, int n, int k>
struct TileSize<matrix_a, m, n, k> {
  static constexpr int rows = m, columns = k;
};
template <int m, int n, int k>
struct TileSize<matrix_b, m, n, k> {
  static constexpr int rows = k, columns = n;
};
template <int m, int n, int k>
struct TileSize<accumulator, m, n, k> {
  static constexpr int rows = m, columns = n;
};

template <class Use, int m, int n, int k, class T, class Layout = void>
struct fragment {
  using Size = TileSize<Use, m, n, k>;
  using element_type = T;
  using storage_element_type = typename Storage<T>::Type;
  static_assert((sizeof(storage_element_type) == 2 && m * n == 256 && k == 16) ||
                    (std::is_same_v<T, precision::tf32> && m == 16 && n == 16 && k == 8) ||
                    (std::is_same_v<Use, accumulator> && m * n == 256) ||
                    (std::is_same_v<T, double> && m == 8 && n == 8 && k == 4),
                "tensor cores have no such tile");
  static constexpr int num_elements = Size::rows * Size::columns / 32;
  storage_element_type x[num_elements];
  fragment() { std::memset(static_cast<void*>(x), 0xff, sizeof(x)); }
};

inline float __float_to_tf32(float x) {
  const unsigned pattern = std::bit_cast<unsigned>(x);
  if ((pattern & 0x7f800000u) == 0x7f800000u) return x;
  return std::bit_cast<float>((pattern + 0x1000u) & ~0x1fffu);  // to nearest, ties away from zero
}

template <class P>
void check_tile(const P* p, unsigned stride) {
  if (reinterpret_cast<std::uintptr_t>(p) % 32 != 0)
    emulator::fail("a tile that is not aligned to 32 bytes");
  if (stride * sizeof(P) % 16 != 0)
    emulator::fail("rows of a tile that are no multiple of 16 bytes apart");
}

template <class Fragment, class P>
void move_tile(Fragment& f, P* p, unsigned stride, bool by_rows) {
  using Size = typename Fragment::Size;
  check_tile(p, stride);
  emulator::collective(0xffffffffu, nullptr, nullptr);
  for (int e = emulator::lane(); e < Size::rows * Size::columns; e += 32) {
    const int row = e / Size::columns, column = e % Size::columns;
    P& at = by_rows ? p[row * stride + column] : p[column * stride + row];
    if constexpr (std::is_const_v<P>)
      f.x[e / 32] = at;
    else
      at = f.x[e / 32];
  }
}

template <class Use, int m, int n, int k, class T, class L, class P>
void load_matrix_sync(fragment<Use, m, n, k, T, L>& f, const P* p, unsigned stride) {
  static_assert(std::is_same_v<L, row_major> || std::is_same_v<L, col_major>);
  move_tile(f, p, stride, std::is_same_v<L, row_major>);
}
template <int m, int n, int k, class T, class P>
void load_matrix_sync(fragment<accumulator, m, n, k, T>& f, const P* p, unsigned stride,
                      layout_t layout) {
  move_tile(f, p, stride, layout == mem_row_major);
}
template <int m, int n, int k, class T, class P>
void store_matrix_sync(P* p, const fragment<accumulator, m, n, k, T>& f, unsigned stride,
                       layout_t layout) {
  move_tile(f, p, stride, layout == mem_row_major);
}
template <class Use, int m, int n, int k, class T, class L>
void fill_fragment(fragment<Use, m, n, k, T, L>& f,
                   std::type_identity_t<typename Storage<T>::Type> value) {
  for (auto& x : f.x) x = value;
}

/// What tensor cores see of an element: of tf32 not the 13 lowest bits.
template <class T, class Stored>
auto seen(Stored x) {
  if constexpr (std::is_same_v<T, precision::tf32>)
    return std::bit_cast<float>(std::bit_cast<unsigned>(x) & ~0x1fffu);
  else if constexpr (std::is_same_v<T, double>)
    return x;
  else
    return static_cast<float>(x);
}

template <class D, class A, class B, class C>
struct Multiply {
  D* d;
  const A* a;
  const B* b;
  const C* c;
  static void complete(unsigned, void* const* arguments) {
    constexpr int m = A::Size::rows, k = A::Size::columns, n = B::Size::columns;
    using Number = typename C::storage_element_type;
    Number a[m * k], b[k * n], c[m * n];
    for (int lane = 0; lane < 32; ++lane) {
      if (!arguments[lane]) emulator::fail("a tile by less than a warp");
      const Multiply& own = *static_cast<Multiply*>(arguments[lane]);
      for (int e = 0; e < A::num_elements; ++e)
        a[e * 32 + lane] = seen<typename A::element_type>(own.a->x[e]);
      for (int e = 0; e < B::num_elements; ++e)
        b[e * 32 + lane] = seen<typename B::element_type>(own.b->x[e]);
      for (int e = 0; e < C::num_elements; ++e) c[e * 32 + lane] = own.c->x[e];
    }
    emulator::multiply(m, n, k, a, b, c);
    for (int lane = 0; lane < 32; ++lane)
      for (int e = 0; e < D::num_elements; ++e)
        static_cast<Multiply*>(arguments[lane])->d->x[e] = c[e * 32 + lane];
  }
};

template <int m, int n, int k, class T, class LA, class LB, class TC>
void mma_sync(fragment<accumulator, m, n, k, TC>& d, const fragment<matrix_a, m, n, k, T, LA>& a,
              const fragment<matrix_b, m, n, k, T, LB>& b,
              const fragment<accumulator, m, n, k, TC>& c) {
  using Own = Multiply<std::remove_reference_t<decltype(d)>, fragment<matrix_a, m, n, k, T, LA>,
                       fragment<matrix_b, m, n, k, T, LB>, fragment<accumulator, m, n, k, TC>>;
  Own own{&d, &a, &b, &c};
  emulator::collective(0xffffffffu, &own, Own::complete);
}

}  // namespace nvcuda::wmma
