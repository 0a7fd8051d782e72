#include "md/device/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "potentials/painn/training/messages.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which includes this file once for each processor kind.
#include <hwy/highway.h>

#include <algorithm>
#include <vector>

#include "potentials/painn/training/messages.hpp"

HWY_BEFORE_NAMESPACE();
namespace md::painn::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
template <class T>
using Tag = hn::CappedTag<T, 16>;  // channels come in multiples of 16

template <class T, bool with_v>
void sum(const MessageGraph<T>& g, const T* phi, const T* filter, const T* v, T* ds, T* dv) {
  const Tag<T> d;
  const std::int64_t f = g.channels;
  for (std::int64_t i = 0; i < g.n_atoms; ++i)
    for (std::int64_t c = 0; c < f; c += hn::Lanes(d)) {
      auto s = hn::Zero(d), x = s, y = s, z = s;
      for (std::int64_t e = g.first[i]; e < g.first[i + 1]; ++e) {
        const T *const p = phi + 3 * f * g.neighbor[e] + c, *const w = filter + 3 * f * e + c;
        const T* const u = g.direction + 3 * e;
        s = hn::MulAdd(hn::LoadU(d, p), hn::LoadU(d, w), s);
        const auto r = hn::Mul(hn::LoadU(d, p + f), hn::LoadU(d, w + f));
        x = hn::MulAdd(r, hn::Set(d, u[0]), x);
        y = hn::MulAdd(r, hn::Set(d, u[1]), y);
        z = hn::MulAdd(r, hn::Set(d, u[2]), z);
        if constexpr (with_v) {
          const T* const vj = v + 3 * f * g.neighbor[e] + c;
          const auto q = hn::Mul(hn::LoadU(d, p + 2 * f), hn::LoadU(d, w + 2 * f));
          x = hn::MulAdd(q, hn::LoadU(d, vj), x);
          y = hn::MulAdd(q, hn::LoadU(d, vj + f), y);
          z = hn::MulAdd(q, hn::LoadU(d, vj + 2 * f), z);
        }
      }
      hn::StoreU(s, d, ds + f * i + c);
      T* const to = dv + 3 * f * i + c;
      hn::StoreU(x, d, to);
      hn::StoreU(y, d, to + f);
      hn::StoreU(z, d, to + 2 * f);
    }
}

template <class T>
HWY_INLINE void add_to(T* to, hn::Vec<Tag<T>> x) {
  const Tag<T> d;
  hn::StoreU(hn::Add(hn::LoadU(d, to), x), d, to);
}

template <class T, bool with_v>
void reverse(const MessageGraph<T>& g, const T* phi, const T* filter, const T* v,
             const MessageGradients<T>& out) {
  const Tag<T> d;
  const std::int64_t f = g.channels, lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::vector<T> along;  // [edges of one atom, 3, lanes] of the gradients of directions
  for (std::int64_t i = 0; i < g.n_atoms; ++i) {
    const std::int64_t begin = g.first[i], end = g.first[i + 1];
    if (out.direction) along.assign(3 * lanes * (end - begin), T(0));
    for (std::int64_t c = 0; c < f; c += lanes) {
      const auto gs = hn::LoadU(d, out.ds + f * i + c);
      const T* const gv = out.dv + 3 * f * i + c;
      const auto gx = hn::LoadU(d, gv), gy = hn::LoadU(d, gv + f), gz = hn::LoadU(d, gv + 2 * f);
      for (std::int64_t e = begin; e < end; ++e) {
        const std::int64_t j = g.neighbor[e];
        const T *const p = phi + 3 * f * j + c, *const w = filter + 3 * f * e + c;
        const T* const u = g.direction + 3 * e;
        T *const p_bar = out.phi + 3 * f * j + c, *const w_bar = out.filter + 3 * f * e + c;
        hn::StoreU(hn::Mul(gs, hn::LoadU(d, p)), d, w_bar);
        add_to<T>(p_bar, hn::Mul(gs, hn::LoadU(d, w)));
        const auto pr = hn::LoadU(d, p + f), wr = hn::LoadU(d, w + f);
        const auto r_bar = hn::MulAdd(
            gx, hn::Set(d, u[0]), hn::MulAdd(gy, hn::Set(d, u[1]), hn::Mul(gz, hn::Set(d, u[2]))));
        hn::StoreU(hn::Mul(r_bar, pr), d, w_bar + f);
        add_to<T>(p_bar + f, hn::Mul(r_bar, wr));
        if (out.direction) {
          const auto r = hn::Mul(pr, wr);
          T* const to = along.data() + 3 * lanes * (e - begin);
          add_to<T>(to, hn::Mul(r, gx));
          add_to<T>(to + lanes, hn::Mul(r, gy));
          add_to<T>(to + 2 * lanes, hn::Mul(r, gz));
        }
        if constexpr (with_v) {
          const T* const vj = v + 3 * f * j + c;
          const auto pv = hn::LoadU(d, p + 2 * f), wv = hn::LoadU(d, w + 2 * f);
          const auto q_bar = hn::MulAdd(
              gx, hn::LoadU(d, vj),
              hn::MulAdd(gy, hn::LoadU(d, vj + f), hn::Mul(gz, hn::LoadU(d, vj + 2 * f))));
          hn::StoreU(hn::Mul(q_bar, pv), d, w_bar + 2 * f);
          add_to<T>(p_bar + 2 * f, hn::Mul(q_bar, wv));
          const auto q = hn::Mul(pv, wv);
          T* const v_bar = out.v + 3 * f * j + c;
          add_to<T>(v_bar, hn::Mul(q, gx));
          add_to<T>(v_bar + f, hn::Mul(q, gy));
          add_to<T>(v_bar + 2 * f, hn::Mul(q, gz));
        } else {
          hn::StoreU(hn::Zero(d), d, w_bar + 2 * f);
        }
      }
    }
    if (out.direction)
      for (std::int64_t k = 0; k < 3 * (end - begin); ++k)
        out.direction[3 * begin + k] =
            hn::GetLane(hn::SumOfLanes(d, hn::LoadU(d, along.data() + lanes * k)));
  }
}

void sum_float(const MessageGraph<float>& g, const float* phi, const float* filter, const float* v,
               float* ds, float* dv) {
  v ? sum<float, true>(g, phi, filter, v, ds, dv) : sum<float, false>(g, phi, filter, v, ds, dv);
}
void sum_double(const MessageGraph<double>& g, const double* phi, const double* filter,
                const double* v, double* ds, double* dv) {
  v ? sum<double, true>(g, phi, filter, v, ds, dv) : sum<double, false>(g, phi, filter, v, ds, dv);
}
void reverse_float(const MessageGraph<float>& g, const float* phi, const float* filter,
                   const float* v, const MessageGradients<float>& out) {
  v ? reverse<float, true>(g, phi, filter, v, out) : reverse<float, false>(g, phi, filter, v, out);
}
void reverse_double(const MessageGraph<double>& g, const double* phi, const double* filter,
                    const double* v, const MessageGradients<double>& out) {
  v ? reverse<double, true>(g, phi, filter, v, out)
    : reverse<double, false>(g, phi, filter, v, out);
}

}  // namespace md::painn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace md::painn {
HWY_EXPORT(sum_float);
HWY_EXPORT(sum_double);
HWY_EXPORT(reverse_float);
HWY_EXPORT(reverse_double);

void sum_messages(const MessageGraph<float>& g, const float* phi, const float* filter,
                  const float* v, float* ds, float* dv) {
  HWY_DYNAMIC_DISPATCH(sum_float)(g, phi, filter, v, ds, dv);
}
void sum_messages(const MessageGraph<double>& g, const double* phi, const double* filter,
                  const double* v, double* ds, double* dv) {
  HWY_DYNAMIC_DISPATCH(sum_double)(g, phi, filter, v, ds, dv);
}
void reverse_messages(const MessageGraph<float>& g, const float* phi, const float* filter,
                      const float* v, const MessageGradients<float>& out) {
  HWY_DYNAMIC_DISPATCH(reverse_float)(g, phi, filter, v, out);
}
void reverse_messages(const MessageGraph<double>& g, const double* phi, const double* filter,
                      const double* v, const MessageGradients<double>& out) {
  HWY_DYNAMIC_DISPATCH(reverse_double)(g, phi, filter, v, out);
}
}  // namespace md::painn
#endif
