#pragma once

#include "md/vec3.hpp"

// Before a loop whose arrays shall stay in a GPU's registers.
#ifdef __CUDA_ARCH__
#define MD_UNROLL _Pragma("unroll")
#else
#define MD_UNROLL
#endif

namespace md {

/// 32 lanes that work on one thing, all in one thread of the host. A functor of a group keeps
/// arrays of `width` numbers for the lanes first() ... first() + width - 1, and what is summed over
/// lanes is summed by halves: lane k with k + 16, then with k + 8 and so on. On a GPU each lane is
/// a thread of a warp and has width 1.
struct HostLanes {
  static constexpr int width = 32;
  MD_HD static constexpr int first() { return 0; }

  template <class T>
  MD_HD static T sum(const T (&x)[32]) {
    T partial[32];
    for (int k = 0; k < 32; ++k) partial[k] = x[k];
    for (int half = 16; half > 0; half /= 2)
      for (int k = 0; k < half; ++k) partial[k] += partial[k + half];
    return partial[0];
  }
  /// to[k] = or += the sum of x[k].
  template <class T>
  MD_HD static void add(const T (&x)[4][32], T* to, bool accumulate) {
    for (int k = 0; k < 4; ++k) to[k] = accumulate ? to[k] + sum(x[k]) : sum(x[k]);
  }
  /// f(get(k), k) for those k in [0, n) that are `wanted`, in order, all lanes together.
  template <class Wanted, class Get, class F>
  MD_HD static void for_each_where(int n, const Wanted& wanted, const Get& get, const F& f) {
    for (int k = 0; k < n; ++k)
      if (wanted(k)) f(get(k), k);
  }
};

#ifdef __CUDACC__
/// One lane of a group is one thread of a warp; all 32 take part.
struct WarpLanes {
  static constexpr int width = 1;
  int lane;
  __device__ int first() const { return lane; }

  template <class T>
  static __device__ T exchange(T x, int mask) {
    return __shfl_xor_sync(0xffffffffu, x, mask);
  }
  template <class T>
  __device__ T sum(const T (&x)[1]) const {
    T total = x[0];
    for (int half = 16; half > 0; half /= 2) total += exchange(total, half);
    return total;
  }
  /// Four sums with six exchanges: by halves, where each half goes on with what the other does not.
  /// Then sum k stands in the lanes 8 k ... 8 k + 7.
  template <class T>
  __device__ void add(const T (&x)[4][1], T* to, bool accumulate) const {
    const bool high = lane & 16, odd = lane & 8;
    const T even_sum = (high ? x[2][0] : x[0][0]) + exchange(high ? x[0][0] : x[2][0], 16);
    const T odd_sum = (high ? x[3][0] : x[1][0]) + exchange(high ? x[1][0] : x[3][0], 16);
    T total = (odd ? odd_sum : even_sum) + exchange(odd ? even_sum : odd_sum, 8);
    for (int half = 4; half > 0; half /= 2) total += exchange(total, half);
    if ((lane & 7) == 0) to[lane >> 3] = accumulate ? to[lane >> 3] + total : total;
  }
  /// Each lane asks for one k; what the next wanted one needs is under way while f is at work.
  template <class Wanted, class Get, class F>
  __device__ void for_each_where(int n, const Wanted& wanted, const Get& get, const F& f) const {
    for (int k0 = 0; k0 < n; k0 += 32) {
      unsigned left = __ballot_sync(0xffffffffu, k0 + lane < n && wanted(k0 + lane));
      if (left == 0) continue;
      int k = k0 + __ffs(left) - 1;
      auto next = get(k);
      while (left != 0) {
        const auto item = next;
        const int now = k;
        left &= left - 1;
        if (left != 0) {
          k = k0 + __ffs(left) - 1;
          next = get(k);
        }
        f(item, now);
      }
    }
  }
};
#endif

}  // namespace md
