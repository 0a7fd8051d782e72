#include "md/device/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "potentials/lennard_jones_simd.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which includes this file once for each processor kind.
#include <hwy/highway.h>

#include <algorithm>

#include "potentials/lennard_jones.hpp"

HWY_BEFORE_NAMESPACE();
namespace md::lennard_jones::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
constexpr int block = 128;  // neighbors collected before they are computed; a multiple of all lanes
constexpr double far = 1e18;  // A; pads a block, beyond any cutoff

/// Sums of one row in vector lanes.
struct Sums {
  using D = hn::ScalableTag<double>;
  using V = hn::Vec<D>;
  V fx, fy, fz, energy;
  V xx, xy, xz, yy, yz, zz;
};

HWY_INLINE Sums zero_sums() {
  const auto zero = hn::Zero(Sums::D());
  return {zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};
}

/// Vectors to neighbors, four numbers for each: x, y, z and one without meaning.
struct Vectors {
  HWY_ALIGN double xyz[4 * block];
};

/// Adds the pairs of the first n vectors (a multiple of the lanes).
template <bool with_virial>
HWY_INLINE void add_pairs(const Parameters& p, const Vectors& v, int n, Sums& s) {
  const Sums::D d;
  const auto cutoff2 = hn::Set(d, p.cutoff2), sigma2 = hn::Set(d, p.sigma2);
  const auto epsilon4 = hn::Set(d, p.epsilon4), shift = hn::Set(d, p.shift);
  const auto one = hn::Set(d, 1), six = hn::Set(d, 6), twelve = hn::Set(d, 12);
  for (int k = 0; k < n; k += static_cast<int>(hn::Lanes(d))) {
    hn::Vec<Sums::D> x, y, z, unused;
    hn::LoadInterleaved4(d, v.xyz + 4 * k, x, y, z, unused);
    const auto r2 = hn::MulAdd(z, z, hn::MulAdd(y, y, hn::Mul(x, x)));
    const auto inside = hn::Lt(r2, cutoff2);
    const auto inverse2 = hn::Div(one, r2);
    const auto s2 = hn::Mul(sigma2, inverse2);
    const auto s6 = hn::Mul(hn::Mul(s2, s2), s2);
    const auto energy = hn::Sub(hn::Mul(epsilon4, hn::Mul(s6, hn::Sub(s6, one))), shift);
    s.energy = hn::Add(s.energy, hn::IfThenElseZero(inside, energy));
    const auto pull = hn::IfThenElseZero(
        inside, hn::Mul(hn::Mul(epsilon4, hn::Mul(inverse2, s6)), hn::NegMulAdd(twelve, s6, six)));
    s.fx = hn::MulAdd(pull, x, s.fx);
    s.fy = hn::MulAdd(pull, y, s.fy);
    s.fz = hn::MulAdd(pull, z, s.fz);
    if constexpr (with_virial) {
      const auto fx = hn::Mul(pull, x), fy = hn::Mul(pull, y), fz = hn::Mul(pull, z);
      s.xx = hn::MulAdd(x, fx, s.xx);
      s.xy = hn::MulAdd(x, fy, s.xy);
      s.xz = hn::MulAdd(x, fz, s.xz);
      s.yy = hn::MulAdd(y, fy, s.yy);
      s.yz = hn::MulAdd(y, fz, s.yz);
      s.zz = hn::MulAdd(z, fz, s.zz);
    }
  }
}

/// to = (neighbor - center) + shift. Moves four numbers where there are three: the arrays of the
/// neighbor list are padded.
HWY_INLINE void store_vector(const double* neighbor, const double* center, const double* shift,
                             double* to) {
  const hn::CappedTag<double, 4> d;
  for (std::size_t k = 0; k < 4; k += hn::Lanes(d))
    hn::Store(hn::Add(hn::Sub(hn::LoadU(d, neighbor + k), hn::LoadU(d, center + k)),
                      hn::LoadU(d, shift + k)),
              d, to + k);
}

HWY_INLINE double sum(Sums::V v) { return hn::GetLane(hn::SumOfLanes(Sums::D(), v)); }

template <bool with_virial>
void compute(const Rows& rows, int begin, int end) {
  const NeighborView& n = rows.neighbors;
  const int lanes = static_cast<int>(hn::Lanes(Sums::D()));
  Vectors v;
  for (int i = begin; i < end; ++i) {
    const int* const atom = n.atom + n.row[i];
    const int* const image = n.image + n.row[i];
    const Vec3* const shift = n.shift + n.first_shift[rows.replica[i]];
    const double* const at = &n.wrapped[i].x;
    const int count = n.count[i];
    Sums s = zero_sums();
    for (int start = 0; start < count; start += block) {
      const int size = count - start < block ? count - start : block;
      for (int k = 0; k < size; ++k)
        store_vector(&n.wrapped[atom[start + k]].x, at, &shift[image[start + k]].x, v.xyz + 4 * k);
      int padded = size;
      for (; padded % lanes != 0; ++padded) std::fill_n(v.xyz + 4 * padded, 4, far);
      add_pairs<with_virial>(rows.parameters, v, padded, s);
    }
    rows.force[i] += {sum(s.fx), sum(s.fy), sum(s.fz)};
    rows.energy[i] = 0.5 * sum(s.energy);
    if constexpr (with_virial) {
      const double xy = sum(s.xy), xz = sum(s.xz), yz = sum(s.yz);
      rows.virial[i] = -0.5 * Mat3{{{sum(s.xx), xy, xz}, {xy, sum(s.yy), yz}, {xz, yz, sum(s.zz)}}};
    }
  }
}

void compute_rows(const Rows& rows, int begin, int end) {
  rows.virial ? compute<true>(rows, begin, end) : compute<false>(rows, begin, end);
}

}  // namespace md::lennard_jones::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace md::lennard_jones {
HWY_EXPORT(compute_rows);
void compute_rows(const Rows& rows, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(compute_rows)(rows, begin, end);
}
}  // namespace md::lennard_jones
#endif
