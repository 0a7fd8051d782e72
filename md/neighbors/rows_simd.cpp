#include "md/device/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "md/neighbors/rows_simd.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which includes this file once for each processor kind.
#include <hwy/highway.h>

#include <bit>

#include "md/neighbors/rows.cuh"

#ifndef MD_NEIGHBORS_ROWS_SIMD_ONCE
#define MD_NEIGHBORS_ROWS_SIMD_ONCE
namespace md::neighbors {

struct Piece {
  int begin, end, image;
};

/// The pieces around one cell.
struct Pieces {
  static constexpr int most = 512;
  Piece piece[most];
  int n = 0;  // more than `most`: did not fit

  void operator()(int begin, int end, int image) {
    if (n < most) piece[n] = {begin, end, image};
    ++n;
  }
};

}  // namespace md::neighbors
#endif

HWY_BEFORE_NAMESPACE();
namespace md::neighbors::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// AppendNeighbors for all pieces, without fused multiply-adds: bit for bit the same decisions.
int append(const BuildView& v, int r, int own_slot, const Pieces& pieces) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<std::int32_t, decltype(d)> di;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const int base = v.s.first_atom[r], capacity = v.capacity[r], i = v.sorted[base + own_slot];
  const Vec3* const shifts = v.shift + v.first_shift[r];
  const int center = (v.first_shift[r + 1] - v.first_shift[r]) / 2;
  const double *x = v.x + base, *y = v.y + base, *z = v.z + base;
  const int* const sorted = v.sorted + base;
  int *const atom = v.atom + v.row[i], *const images = v.image + v.row[i];
  const auto at_x = hn::Set(d, x[own_slot]), at_y = hn::Set(d, y[own_slot]),
             at_z = hn::Set(d, z[own_slot]), radius2 = hn::Set(d, v.radius * v.radius);
  int n = 0;
  for (int p = 0; p < pieces.n; ++p) {
    const Piece piece = pieces.piece[p];
    const Vec3& shift = shifts[piece.image];
    const auto shift_x = hn::Set(d, shift.x), shift_y = hn::Set(d, shift.y),
               shift_z = hn::Set(d, shift.z);
    const auto image = hn::Set(di, piece.image);
    const int self = piece.image == center ? own_slot : -1;
    for (int slot = piece.begin; slot < piece.end; slot += lanes) {
      // Reads past the piece's end; the arrays are padded and the mask drops what is read there.
      const auto dx = hn::Add(hn::Sub(hn::LoadU(d, x + slot), at_x), shift_x);
      const auto dy = hn::Add(hn::Sub(hn::LoadU(d, y + slot), at_y), shift_y);
      const auto dz = hn::Add(hn::Sub(hn::LoadU(d, z + slot), at_z), shift_z);
      const auto r2 = hn::Add(hn::Add(hn::Mul(dx, dx), hn::Mul(dy, dy)), hn::Mul(dz, dz));
      std::uint8_t bytes[8] = {};
      hn::StoreMaskBits(d, hn::Le(r2, radius2), bytes);
      unsigned bits = bytes[0];
      if (const int left = piece.end - slot; left < lanes) bits &= (1u << left) - 1;
      if (self >= slot && self < slot + lanes) bits &= ~(1u << (self - slot));
      if (n + lanes <= capacity) {
        bytes[0] = static_cast<std::uint8_t>(bits);
        const auto inside = hn::LoadMaskBits(di, bytes);
        hn::StoreU(hn::Compress(hn::LoadU(di, sorted + slot), inside), di, atom + n);
        hn::StoreU(image, di, images + n);
        n += std::popcount(bits);
      } else {
        for (; bits != 0; bits &= bits - 1, ++n) {
          if (n >= capacity) continue;
          atom[n] = sorted[slot + std::countr_zero(bits)];
          images[n] = piece.image;
        }
      }
    }
  }
  return n;
}

void fill_rows(const BuildView& v, int r, int begin, int end) {
  if (v.grid[r].cells[0] == 0) {
    for (int i = begin; i < end; ++i) finish_row(v, r, v.s.first_atom[r] + i, 0);
    return;
  }
  Pieces pieces;
  int cell = -1;
  for (int slot = begin; slot < end; ++slot) {
    const int i = v.sorted[v.s.first_atom[r] + slot];
    if (v.cell[i] != cell) {
      cell = v.cell[i];
      pieces.n = 0;
      for_each_piece(v, r, cell, pieces);
    }
    if (pieces.n <= Pieces::most)
      finish_row(v, r, i, append(v, r, slot, pieces));
    else
      FillRow{v}(i);
  }
}

}  // namespace md::neighbors::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace md::neighbors {
HWY_EXPORT(fill_rows);
void fill_rows(const BuildView& v, int r, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(fill_rows)(v, r, begin, end);
}
}  // namespace md::neighbors
#endif
