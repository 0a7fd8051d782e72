#pragma once

#include <cstdint>

namespace md::painn {

/// The edges of a batch, sorted by the atom that receives: those of i are first[i] ...
/// first[i+1]-1.
template <class T>
struct MessageGraph {
  int n_atoms = 0;
  int channels = 0;                        // F, a multiple of 16
  const std::int64_t* first = nullptr;     // [n_atoms + 1]
  const std::int64_t* neighbor = nullptr;  // [E] atom that sends
  const T* direction = nullptr;            // [E, 3] unit vectors to the neighbor
};

/// With x = phi_j W = (x^s, x^r, x^v) on every edge:
/// ds_i = sum_e x^s;  dv_i = sum_e (x^r (x) u + x^v v_j).  phi [N, 3F], filter W [E, 3F],
/// v [N, 3, F] or null (zero), ds [N, F], dv [N, 3, F].
void sum_messages(const MessageGraph<float>& g, const float* phi, const float* filter,
                  const float* v, float* ds, float* dv);
void sum_messages(const MessageGraph<double>& g, const double* phi, const double* filter,
                  const double* v, double* ds, double* dv);

/// Derivatives of sum_messages; `ds`, `dv` are those of the result.
template <class T>
struct MessageGradients {
  const T *ds = nullptr, *dv = nullptr;  // [N, F], [N, 3, F]
  T* phi = nullptr;                      // [N, 3F], starts at zero
  T* filter = nullptr;                   // [E, 3F]
  T* v = nullptr;                        // [N, 3, F], starts at zero; null where v is
  T* direction = nullptr;                // [E, 3]; null: not wanted
};
void reverse_messages(const MessageGraph<float>& g, const float* phi, const float* filter,
                      const float* v, const MessageGradients<float>& out);
void reverse_messages(const MessageGraph<double>& g, const double* phi, const double* filter,
                      const double* v, const MessageGradients<double>& out);

}  // namespace md::painn
